package sqlite

import (
	"testing"

	"github.com/clewhq/clew/server/internal/query"
)

func TestListsAreKeptForAsLongAsTheirSegmentAndInBounds(t *testing.T) {
	s := openIdle(t, t.TempDir())
	traces := 0
	asked := func(name string, f query.Filter, want int) {
		t.Helper()
		found, _, err := s.Traces(t.Context(), f, query.Page{Limit: 500})
		if err != nil || len(found) != traces {
			t.Fatalf("%s: %d traces, want %d, %v", name, len(found), traces, err)
		}
		lists, bytes := 0, 0
		for _, seg := range s.index.segments {
			for term, l := range seg.kept {
				lists, bytes = lists+1, bytes+l.bytes(term)
			}
		}
		if lists != want || bytes != s.index.kept {
			t.Errorf("%s: %d lists of %d bytes are kept, want %d; counted are %d", name, lists, bytes, want, s.index.kept)
		}
	}
	f := query.Filter{Service: "svc", Name: "work"}
	for n := range mergeBusy {
		facts := round(uint64(n))
		for _, f := range facts {
			f.Span.TraceID[14] = byte(n)
		}
		if err := s.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		traces += 4
		asked("of each segment two terms", f, 2*(n+1))
	}
	if err := s.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked("merged", f, 2)
	s.index.maxKept = s.index.kept
	f.Type = "LLM"
	asked("no room for a third", f, 2)
	s.index.maxKept = 0
	f.User = "ann"
	asked("a list that is larger than all the room is not kept", f, 2)
}
