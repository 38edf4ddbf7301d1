package sqlite

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAProcessorIsLeftToQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(Store)
		fewer := max(1, cores-1)
		for _, step := range []struct {
			name string
			do   func()
			want int
		}{
			{"nobody asked yet", func() {}, cores},
			{"a query is under way", s.audience.enter, fewer},
			{"it takes long", func() { time.Sleep(time.Minute) }, fewer},
			{"it has just ended", s.audience.leave, fewer},
			{"a while ago", func() { time.Sleep(courtesy) }, cores},
			{"its end is in the future, by a clock that was set back", func() { s.audience.last.Store(time.Now().Add(time.Hour).UnixNano()) }, cores},
		} {
			step.do()
			if got := s.workers(); got != step.want {
				t.Errorf("%s: %d workers, want %d", step.name, got, step.want)
			}
		}
	})
}

func TestCommitsAndUpkeepStepAsideWhileThereAreQueries(t *testing.T) {
	s := openIdle(t, t.TempDir())
	var times atomic.Int64
	s.audience.yield = func() { times.Add(1) }
	work := func(n uint64) (commits, upkeep int64) {
		t.Helper()
		times.Store(0)
		for i := range uint64(5) {
			if err := s.Append(t.Context(), round(5*n+i)); err != nil {
				t.Fatal(err)
			}
		}
		commits = times.Load()
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		return commits, times.Load() - commits
	}
	if commits, upkeep := work(0); commits+upkeep > 0 {
		t.Errorf("without queries commits stepped aside %d times, upkeep %d", commits, upkeep)
	}
	s.audience.enter()
	commits, upkeep := work(1)
	if spans := int64(5 * len(round(1))); commits < 2*spans {
		t.Errorf("commits of %d spans stepped aside %d times, want two for each or more", spans, commits)
	}
	if upkeep <= 5 {
		t.Errorf("upkeep stepped aside %d times for 5 rounds of traces, want more than one for each: it reads and rewrites", upkeep)
	}
}

func TestWorkThatStepsAsideGetsHalfOfTheTimeAtLeast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, wait := range []time.Duration{0, 100 * time.Microsecond, 4 * time.Millisecond, time.Second} {
			s := new(Store)
			s.audience.yield = func() { time.Sleep(wait) }
			s.audience.enter()
			began, worked := time.Now(), time.Duration(0)
			for range 100_000 {
				s.audience.stepAside()
				time.Sleep(50 * time.Microsecond)
				worked += 50 * time.Microsecond
			}
			took := time.Since(began)
			if most := 2*worked + 2*max(wait, turnTakes); took > most {
				t.Errorf("%s of work took %s where others take %s each time", worked, took, wait)
			}
			if wait > 0 && took < worked+worked/4 {
				t.Errorf("%s of work took %s: it hardly gave anything", worked, took)
			}
		}
	})
}

func TestUpkeepPausesForACommitWhileThereAreQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(Store)
		paused := func(ctx context.Context) time.Duration {
			began := time.Now()
			s.giveWay(ctx)
			return time.Since(began)
		}
		during := func(commit time.Duration) {
			s.commits.begin()
			go func() {
				time.Sleep(commit)
				s.commits.end()
			}()
		}
		during(50 * time.Millisecond)
		if got := paused(t.Context()); got != 0 {
			t.Errorf("paused for %s without an audience", got)
		}
		time.Sleep(time.Second)
		s.audience.enter()
		if got := paused(t.Context()); got != 0 {
			t.Errorf("paused for %s without a commit", got)
		}
		during(50 * time.Millisecond)
		if got := paused(t.Context()); got != 50*time.Millisecond {
			t.Errorf("paused for %s, want to the end of the commit", got)
		}
		during(time.Second)
		if got, want := paused(t.Context()), maxPause-50*time.Millisecond; got != want {
			t.Errorf("paused for %s, want no longer than %s, and %s in all", got, want, maxPause)
		}
		if got := paused(t.Context()); got != 0 {
			t.Errorf("paused for %s although it is upkeep's turn", got)
		}
		time.Sleep(ownTurn)
		if got := paused(t.Context()); got != maxPause {
			t.Errorf("paused for %s after its turn", got)
		}
		time.Sleep(ownTurn)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := paused(ctx); got != 0 {
			t.Errorf("paused for %s though the store is closing", got)
		}
		time.Sleep(time.Second)
	})
}

func TestUpkeepGetsOnBesideCommitsThatFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(Store)
		s.audience.enter()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for ctx.Err() == nil {
				s.commits.begin()
				time.Sleep(150 * time.Millisecond)
				s.commits.end()
				time.Sleep(time.Millisecond)
			}
		}()
		time.Sleep(10 * time.Millisecond)
		worked := time.Duration(0)
		for began := time.Now(); time.Since(began) < time.Minute; worked += 2 * time.Millisecond {
			s.giveWay(t.Context())
			time.Sleep(2 * time.Millisecond)
		}
		if worked < 15*time.Second {
			t.Errorf("upkeep worked for %s of a minute, want about a third of it", worked)
		}
		cancel()
		time.Sleep(time.Second)
	})
}
