package continuity

import (
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

// Laminar's SDKs write span ids in ids_path as UUIDs, padded with zeros in front.
func TestTrap12IdsOfAPathAreUUIDs(t *testing.T) {
	ids := trace.ArrayValue(trace.StringValue("00000000-0000-0000-0102-030405060708"), trace.StringValue("00000000-0000-0000-1112-131415161718"))
	s := &trace.Span{
		ID: trace.SpanID{0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}, ParentID: trace.SpanID{1, 2, 3, 4, 5, 6, 7, 8},
		Attributes: trace.Attributes{{Key: "lmnr.span.ids_path", Value: ids}},
	}
	path := ancestors(s)
	if len(path) != 1 || path[0].ID != s.ParentID {
		t.Errorf("got %v, want the parent %v", path, s.ParentID)
	}
}
