package sqlite

import (
	"testing"
)

func TestQueriesNeedNotReadTheDirectoryOfASegmentThatWasJustWritten(t *testing.T) {
	s := open(t, t.TempDir())
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
			if k == nil || k.lo != seg.lo || k.hi != seg.hi || len(k.firsts) != len(seg.firsts) || k.firsts[0] != seg.firsts[0] {
				t.Errorf("segment %d is known as %+v, stored as %+v", seg.no, k, seg)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
