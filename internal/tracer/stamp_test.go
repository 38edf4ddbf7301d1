package tracer_test

import (
	"context"
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
)

// stamp is a span's stamp: two attributes and some metadata.
type stamp struct {
	n     int
	state *inherit.State
}

func (s *stamp) State() *inherit.State { return s.state }
func (s *stamp) AppendAttributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	for i := range s.n {
		attrs = append(attrs, attribute.String(fmt.Sprintf("stamp.%d", i), "stamped"))
	}
	return attrs
}

// stamping gives every span a stamp.
type stamping struct{ keeper }

func (p *stamping) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	s.(*tracer.Span).SetStamp(&stamp{4, inherit.New()})
	p.keeper.OnStart(ctx, s)
}

func TestStampedAttributesGiveWayToThoseThatAreSet(t *testing.T) {
	for name, tc := range map[string]struct {
		limit   int
		set     []string // before and after
		want    int
		stamped int
		dropped int
	}{
		"nothing set":              {limit: -1, want: 4, stamped: 4},
		"others set":               {limit: -1, set: []string{"a", "b"}, want: 6, stamped: 4},
		"one of them set":          {limit: -1, set: []string{"a", "stamp.2"}, want: 5, stamped: 3},
		"as many as the limit":     {limit: 6, set: []string{"a", "b"}, want: 6, stamped: 4},
		"no room for the last set": {limit: 5, set: []string{"a", "b"}, want: 5, stamped: 4, dropped: 1},
		"no room for all of them":  {limit: 3, set: []string{"a", "b"}, want: 3, stamped: 2, dropped: 3},
		"no room at all":           {limit: 0, set: []string{"a", "b"}, want: 0, dropped: 6},
	} {
		t.Run(name, func(t *testing.T) {
			limits := sdktrace.NewSpanLimits()
			limits.AttributeCountLimit = tc.limit
			k := &stamping{}
			tr := ours(limits, sdktrace.AlwaysSample(), k).Tracer("")
			var first, second []attribute.KeyValue
			for i, key := range tc.set {
				if i == 0 {
					first = append(first, attribute.String(key, "set"))
				} else {
					second = append(second, attribute.String(key, "set"))
				}
			}
			_, s := tr.Start(context.Background(), "s", trace.WithAttributes(first...))
			s.SetAttributes(second...)
			open := k.started[0].Attributes()
			s.End()
			got := k.ended[0].Attributes()
			if diff := gocmp.Diff(open, got, equal); diff != "" {
				t.Errorf("the open span has others:\n%s", diff)
			}
			stamped := 0
			for _, kv := range got {
				if kv.Value.AsString() == "stamped" {
					stamped++
				}
			}
			if len(got) != tc.want || stamped != tc.stamped || k.ended[0].DroppedAttributes() != tc.dropped {
				t.Errorf("%v, %d dropped", got, k.ended[0].DroppedAttributes())
			}
		})
	}
}

func TestASpanTellsItsStateUnlessAnAttributeSaysMore(t *testing.T) {
	k := &stamping{}
	_, s := ours(sdktrace.NewSpanLimits(), sdktrace.AlwaysSample(), k).Tracer("").Start(context.Background(), "s")
	if s.(*tracer.Span).Inherited() == nil {
		t.Error("no state")
	}
	s.SetAttributes(attribute.String("lmnr.association.properties.session_id", "set by hand"))
	if s.(*tracer.Span).Inherited() != nil {
		t.Error("an attribute was overlooked")
	}
}
