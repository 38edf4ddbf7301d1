package inherit_test

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

func TestExtendKeepsTheRootAndTheNearest(t *testing.T) {
	var path []string
	for i := range inherit.MaxPath + 10 {
		before := slices.Clone(path)
		longer := inherit.Extend(path, strconv.Itoa(i))
		if diff := cmp.Diff(before, path); diff != "" {
			t.Fatalf("the parent's path was changed: %s", diff)
		}
		path = longer
	}
	if len(path) != inherit.MaxPath || path[0] != "0" || path[1] != "11" || path[len(path)-1] != strconv.Itoa(inherit.MaxPath+9) {
		t.Errorf("%d elements: %v … %v", len(path), path[:3], path[len(path)-3:])
	}
}

func TestMergeReplacesInPlaceAndLeavesTheBaseAlone(t *testing.T) {
	base := []attribute.KeyValue{attribute.Int("a", 1), attribute.Int("b", 2)}
	got := inherit.Merge(base, []attribute.KeyValue{attribute.Int("a", 3), attribute.Int("c", 4), attribute.Int("c", 5)})
	want := []attribute.KeyValue{attribute.Int("a", 3), attribute.Int("b", 2), attribute.Int("c", 5)}
	if !slices.Equal(got, want) || base[0] != attribute.Int("a", 1) {
		t.Errorf("got %v, base %v", got, base)
	}
}

func TestUUIDsAreZeroPaddedAndLowerCase(t *testing.T) {
	if got := inherit.SpanUUID(trace.SpanID{0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10}); got != "00000000-0000-0000-fedc-ba9876543210" {
		t.Error(got)
	}
	id := trace.TraceID{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}
	if got := string(inherit.AppendTraceUUID(nil, id)); got != "01234567-89ab-cdef-0123-456789abcdef" {
		t.Error(got)
	}
}

func TestNotesAreTakenOnce(t *testing.T) {
	var none *inherit.Notes
	n := &inherit.Notes{}
	if none.Take() || !n.Take() || n.Take() {
		t.Error("notes were not taken exactly once")
	}
}

func TestResolveOfAnUnknownParentKnowsItsIDAtLeast(t *testing.T) {
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	state := inherit.New()
	state.Change(func(a *inherit.Association) { a.Session = "s" })
	ctx := inherit.With(context.Background(), state)
	s := inherit.Resolve(ctx, parent)
	names, ids := s.Position.Paths()
	if s.Session != "s" || len(ids) != 1 || names != nil || !s.Position.Of(parent) {
		t.Errorf("%+v", s)
	}
	if inherit.Resolve(ctx, trace.SpanContext{}).Position.Of(trace.SpanContext{}) {
		t.Error("no span has a position")
	}
}
