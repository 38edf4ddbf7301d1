package ingest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// slow is a store whose appends take commitTime. It counts them.
type slow struct {
	store.Store
	appends int
}

const commitTime = 80 * time.Millisecond

func (s *slow) Append(ctx context.Context, facts []trace.Fact) error {
	time.Sleep(commitTime)
	s.appends++
	return s.Store.Append(ctx, facts)
}

// TestSendersWhoSendAgainShareCommits has senders that think for a while after
// each answer. How long all of it takes, and in how many commits, follows.
func TestSendersWhoSendAgainShareCommits(t *testing.T) {
	const requests = 10
	for _, c := range []struct {
		name    string
		senders int
		think   time.Duration
		appends int
		took    time.Duration
	}{
		{"one alone is not waited for", 1, 0, requests, requests * commitTime},
		{"two that are quick share all but the first and the last", 2, 5 * time.Millisecond, requests + 1,
			(requests+1)*commitTime + requests*5*time.Millisecond + commitTime/patience},
		{"one that is slow is waited for in vain, and no longer than a quarter", 2, commitTime / 2, 2 * requests, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &slow{Store: memory.New()}
				in := New(Config{Store: s})
				start := time.Now()
				done := make(chan *failure)
				for sender := range c.senders {
					go func() {
						var last *failure
						time.Sleep(time.Duration(sender) * time.Millisecond) // one after the other
						for i := range requests {
							if f := <-offer(in, t.Context(), byte(1+sender*requests+i)); f != nil {
								last = f
							}
							time.Sleep(c.think)
						}
						done <- last
					}()
				}
				for range c.senders {
					if f := <-done; f != nil {
						t.Error(f.message)
					}
				}
				if took := time.Since(start); c.took > 0 && took > c.took {
					t.Errorf("it took %v, want at most %v", took, c.took)
				}
				if s.appends > c.appends {
					t.Errorf("%d commits, want at most %d", s.appends, c.appends)
				}
				if err := in.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
