package sqlite

import (
	"bytes"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

// framesOf returns how many frames the store has.
func framesOf(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := ask(s, "SELECT count(*) FROM frames", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestATraceIsRewrittenEachTimeThatItHasGrown(t *testing.T) {
	s := openIdle(t, t.TempDir())
	for round := range 4 {
		for n := range 3 {
			f := call(1, 10*round+n)
			if n == 1 { // which comes before all others
				f.Span.Start = 1_000_000 - f.Span.Start
			} else {
				f.Span.Start += 1_000_000
			}
			f.Span.End = f.Span.Start
			if err := s.Append(t.Context(), []trace.Fact{f}); err != nil {
				t.Fatal(err)
			}
			sound(t, s)
		}
		if got := framesOf(t, s); got < 3 {
			t.Fatalf("round %d: %d frames before it is rewritten", round, got)
		}
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := framesOf(t, s); got != 1 {
			t.Errorf("round %d: %d frames of a quiet trace", round, got)
		}
		sound(t, s)
	}
}

func TestFreePagesAreLeftToCommitsWhileSpansArrive(t *testing.T) {
	s := openIdle(t, t.TempDir())
	fill(t, s, newGenerator(16), 3)
	size(t, s)
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids, err := s.Idle(t.Context(), math.MaxInt64, int(st.Traces))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(t.Context(), ids...); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), round(1)); err != nil {
		t.Fatal(err)
	}
	free := func() int64 {
		t.Helper()
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		st, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st.Free / 4096
	}
	if n := free(); n < vacuumFrom || n >= vacuumBusy {
		t.Errorf("%d pages are free when something was written just now; want %d or more", n, vacuumFrom)
	}
	if n := free(); n >= vacuumFrom {
		t.Errorf("%d pages are free when nothing was written", n)
	}
}

func TestADamagedTraceDoesNotKeepOthersFromBeingRewritten(t *testing.T) {
	s := openIdle(t, t.TempDir())
	var told bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&told, nil))
	for n := range uint64(2) {
		if err := s.Append(t.Context(), round(n)); err != nil { // of four traces
			t.Fatal(err)
		}
	}
	if err := script(s, "UPDATE frames SET body = x'07' WHERE trace_no = 1"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := framesOf(t, s); got != 2+1+1+1 {
		t.Errorf("%d frames, want two of the damaged trace and one of each other", got)
	}
	if n := strings.Count(told.String(), "can't be rewritten"); n != 1 {
		t.Errorf("it was told %d times:\n%s", n, told.String())
	}
}
