package sqlite

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

// fill appends batches of generated spans.
func fill(t *testing.T, s *Store, g *generator, batches int) {
	t.Helper()
	for range batches {
		if err := s.Append(t.Context(), g.batch(512)); err != nil {
			t.Fatal(err)
		}
	}
}

// size tidies up and returns how large the store is on disk.
func size(t *testing.T, s *Store) int64 {
	t.Helper()
	for range 2 { // the second time nothing was written, so the log goes too
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st.Bytes
}

func TestSpaceComesBackAfterDeletion(t *testing.T) {
	s := openIdle(t, t.TempDir())
	g := newGenerator(16)
	fill(t, s, g, 6)
	before := size(t, s)
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids, err := s.Idle(t.Context(), math.MaxInt64, int(st.Traces)/2)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := s.Delete(t.Context(), ids...)
	if err != nil || receipt.Traces != int64(len(ids)) {
		t.Fatalf("%+v, %v", receipt, err)
	}
	after := size(t, s)
	share := float64(st.Spans-receipt.Spans) / float64(st.Spans)
	if float64(after) > 1.3*share*float64(before) {
		t.Errorf("%d bytes of %d are left after %.0f %% of the spans are", after, before, 100*share)
	}
	for _, table := range []string{"frames", "facets", "session_traces", "message_traces"} {
		var n int
		if err := ask(s, "SELECT count(*) FROM "+table+" WHERE trace_no NOT IN (SELECT no FROM traces)", &n); err != nil || n != 0 {
			t.Errorf("%d rows of deleted traces in %s (%v)", n, table, err)
		}
	}
	var n int
	if err := ask(s, "SELECT count(*) FROM vals WHERE no NOT IN (SELECT value_no FROM facets)", &n); err != nil || n != 0 {
		t.Errorf("%d values of nothing (%v)", n, err)
	}
	// The index names no trace that is gone.
	live := map[int64]bool{}
	err = s.snapshot(t.Context(), "check", func(t *tx) error {
		err := t.query("SELECT no FROM traces", nil, func(scan func(...any) error) (bool, error) {
			var no int64
			err := scan(&no)
			live[no] = true
			return true, err
		})
		if err != nil {
			return err
		}
		p, err := s.index.find(t, "w", true, nil)
		for _, no := range p.traces {
			if !live[no] {
				n++
			}
		}
		return err
	})
	if err != nil || n != 0 {
		t.Errorf("the index has %d traces that are gone (%v)", n, err)
	}
	sound(t, s)
}

func TestDeletionAndUpkeepRunWhileSpansArrive(t *testing.T) {
	s := openIdle(t, t.TempDir())
	g := newGenerator(16)
	var batches [][]trace.Fact
	for range 20 {
		batches = append(batches, g.batch(64))
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		for _, b := range batches {
			if err := s.Append(t.Context(), b); err != nil {
				t.Error(err)
			}
		}
	})
	deleted := map[trace.TraceID]bool{}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		ids, err := s.Idle(t.Context(), math.MaxInt64, 3)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Delete(t.Context(), ids...); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			deleted[id] = true
		}
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	sound(t, s)
	for _, b := range batches {
		for _, f := range b {
			if deleted[f.Span.TraceID] {
				continue
			}
			if got, err := s.Spans(t.Context(), f.Span.TraceID, f.Span.ID); err != nil || len(got) != 1 {
				t.Fatalf("span %s of a trace that was not deleted: %d, %v", f.Span.ID, len(got), err)
			}
		}
	}
}

// A read that began before a deletion goes on seeing what was there, and memory
// must not take that for what comes after.
func TestNothingIsTakenForWhatWasDeletedBeforeIt(t *testing.T) {
	s := openIdle(t, t.TempDir())
	// pair appends two traces that share a name and a message.
	pair := func(no byte, name string) (ids []trace.TraceID) {
		for i := range byte(2) {
			span := *round(1)[0].Span
			span.TraceID, span.Name, span.Input = trace.TraceID{no, i}, name, strings.Repeat(name+" ", 50)
			if err := s.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: &span}}); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, span.TraceID)
		}
		return ids
	}
	pair(1, "stays")
	gone := pair(2, "goes")
	var came []trace.TraceID
	err := s.snapshot(t.Context(), "read", func(old *tx) error {
		var value, message int64
		if _, err := old.one("SELECT (SELECT max(no) FROM vals), (SELECT max(no) FROM messages)", nil, &value, &message); err != nil {
			return err
		}
		if _, err := s.Delete(t.Context(), gone...); err != nil {
			return err
		}
		came = pair(3, "comes")
		if text, err := s.values.text(old, value); err != nil || text != "goes" {
			t.Errorf("the read that goes on sees the name %q, %v", text, err)
		}
		if text, err := s.messages.load(old, message); err != nil || !strings.HasPrefix(text, "goes") {
			t.Errorf("the read that goes on sees the message %q, %v", text, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range came {
		spans, err := s.Spans(t.Context(), id)
		if err != nil || len(spans) != 1 || spans[0].Name != "comes" || !strings.HasPrefix(spans[0].Input, "comes") {
			t.Errorf("what came is %v, %v", spans, err)
		}
	}
}

// batchesOfSize is how many batches of 512 spans the test below stores: enough
// that pages and segments, not their corners, make up the size.
const (
	batchesOfSize = 20
	batchesKept   = 6 // how far behind the newest batch retention deletes
)

func TestAfterRetentionTheStoreIsNearlyAsSmallAsOneThatNeverHadMore(t *testing.T) {
	s, fresh := openIdle(t, t.TempDir()), openIdle(t, t.TempDir())
	g := newGenerator(16)
	var batches [][]trace.Fact
	for range batchesOfSize {
		batches = append(batches, g.batch(512))
	}
	deleted := map[trace.TraceID]bool{}
	for i, b := range batches {
		if err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i < batchesKept {
			continue
		}
		// Retention goes on while spans arrive: the longest idle go, and none that comes again.
		ids, err := s.Idle(t.Context(), batches[i-batchesKept][0].Span.Start, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Delete(t.Context(), ids...); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			deleted[id] = true
		}
	}
	kept := 0
	for _, b := range batches {
		var stay []trace.Fact
		for _, f := range b {
			if !deleted[f.Span.TraceID] {
				stay = append(stay, f)
			}
		}
		kept += len(stay)
		if err := fresh.Append(t.Context(), stay); err != nil {
			t.Fatal(err)
		}
		if err := fresh.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	st, err := s.Stats(t.Context())
	if err != nil || st.Spans != int64(kept) || kept > batchesOfSize*512*3/4 {
		t.Fatalf("%+v, %v; %d spans were kept of %d", st, err, kept, batchesOfSize*512)
	}
	got, want := size(t, s), size(t, fresh)
	t.Logf("%d spans kept of %d: %d bytes, a fresh store has %d: %.2f", kept, batchesOfSize*512, got, want, float64(got)/float64(want))
	if float64(got) > 1.3*float64(want) {
		t.Errorf("%d bytes, a fresh store of the same has %d", got, want)
	}
	sound(t, s)
}
