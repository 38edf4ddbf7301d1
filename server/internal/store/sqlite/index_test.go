package sqlite

import (
	"context"
	"errors"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
)

func TestQueriesNeedNotReadTheDirectoryOfASegmentThatWasJustWritten(t *testing.T) {
	s := openIdle(t, t.TempDir())
	for n := range uint64(mergeCount + 2) { // some are merged
		if err := s.Append(t.Context(), round(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.snapshot(t.Context(), "directories", func(snapshot *tx) error {
		known := map[int64]*segment{}
		s.index.mu.Lock()
		for no, seg := range s.index.segments {
			known[no] = seg
		}
		clear(s.index.segments)
		s.index.mu.Unlock()
		stored, err := s.index.live(snapshot)
		if len(stored) != len(known) || len(stored) < 2 {
			t.Errorf("%d segments are known, %d stored", len(known), len(stored))
		}
		for _, seg := range stored {
			k := known[seg.no]
			if k == nil || k.lo != seg.lo || k.hi != seg.hi || !k.firsts.equal(&seg.firsts) {
				t.Errorf("segment %d is known as %+v, stored as %+v", seg.no, k, seg)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestALookUpInTheIndexEndsWithItsContext(t *testing.T) {
	s := openIdle(t, t.TempDir())
	for n := range uint64(5) {
		if err := s.Append(t.Context(), round(n)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var found error
	_ = s.snapshot(ctx, "search", func(tx *tx) error {
		if _, err := s.index.live(tx); err != nil {
			return err
		}
		cancel()
		_, found = s.index.find(tx, string([]byte{termWord})+"t", true, nil)
		return found
	})
	if !errors.Is(found, context.Canceled) {
		t.Errorf("look up a prefix: %v", found)
	}
}

func TestASegmentThatIsGoneStaysForgotten(t *testing.T) {
	s := openIdle(t, t.TempDir())
	for n := range uint64(mergeBusy) {
		if err := s.Append(t.Context(), round(n)); err != nil {
			t.Fatal(err)
		}
	}
	err := s.snapshot(t.Context(), "an old state", func(tx *tx) error {
		if _, err := s.index.stale(tx); err != nil { // the state is that of the first read
			return err
		}
		if err := s.tidy(t.Context()); err != nil {
			return err
		}
		_, err := s.index.live(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.index.segments); n != 1 {
		t.Errorf("%d segments are in memory, want 1", n)
	}
}

func TestKeptBytesAreCountedWhoeverKnewASegmentFirst(t *testing.T) {
	s := openIdle(t, t.TempDir())
	if err := s.Append(t.Context(), round(1)); err != nil {
		t.Fatal(err)
	}
	var written []*segment
	for _, seg := range s.index.segments {
		written = append(written, &segment{no: seg.no, lo: seg.lo, hi: seg.hi, firsts: seg.firsts})
	}
	clear(s.index.segments) // a query comes between COMMIT and index.add
	if _, _, err := s.Traces(t.Context(), query.Filter{Service: "svc", Name: "work"}, query.Page{Limit: 5}); err != nil {
		t.Fatal(err)
	}
	s.index.add(written)
	have := 0
	for _, seg := range s.index.segments {
		for term, k := range seg.kept {
			have += k.bytes(term)
		}
	}
	if have != s.index.kept {
		t.Errorf("%d bytes are kept, %d are counted", have, s.index.kept)
	}
}
