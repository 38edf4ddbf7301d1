package api

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// tornByQueue is a message that was sent in one trace and received in another.
func tornByQueue() (sent, received *trace.Span) {
	message := trace.Attributes{{Key: "messaging.message.id", Value: trace.StringValue("m-1")}}
	sent = newSpan(wholeTrace, 7, 1, "planner", "send job", 10, 12)
	received = newSpan(brokenTrace, 8, 0, "worker", "take job", 30, 40)
	sent.Kind, received.Kind = trace.KindProducer, trace.KindConsumer
	sent.Attributes, received.Attributes = message, message
	return sent, received
}

func lostContext(breaks []client.Break) *client.Break {
	i := slices.IndexFunc(breaks, func(b client.Break) bool { return b.Kind == "lost_context" })
	if i < 0 {
		return nil
	}
	return &breaks[i]
}

func TestALostContextIsFoundFromBothSides(t *testing.T) {
	sent, received := tornByQueue()
	srv := newServer(t, newSpan(wholeTrace, 1, 0, "planner", "plan", 0, 20), sent, received)
	for _, tt := range []struct {
		name        string
		here, there trace.TraceID
		span        trace.SpanID
	}{
		{"the sender's", wholeTrace, brokenTrace, sent.ID},
		{"the receiver's", brokenTrace, wholeTrace, received.ID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := srv.Outline(t.Context(), tt.here.String())
			if err != nil {
				t.Fatal(err)
			}
			b := lostContext(got.Breaks)
			if b == nil {
				t.Fatalf("breaks %+v; want a lost context", got.Breaks)
			}
			if !slices.Equal(b.Traces, []string{tt.there.String()}) || !slices.Equal(b.Spans, []string{tt.span.String()}) || b.Fix == "" {
				t.Errorf("break %+v", b)
			}
		})
	}
}

func TestALinkToTheOtherTraceIsSeenInTheOutlineToo(t *testing.T) {
	sent, received := tornByQueue()
	received.Links = []trace.Link{{TraceID: wholeTrace, SpanID: sent.ID}}
	srv := newServer(t, newSpan(wholeTrace, 1, 0, "planner", "plan", 0, 20), sent, received)
	for _, id := range []trace.TraceID{wholeTrace, brokenTrace} {
		got, err := srv.Outline(t.Context(), id.String())
		if err != nil {
			t.Fatal(err)
		}
		if b := lostContext(got.Breaks); b != nil {
			t.Errorf("trace %s was restarted on purpose, reported as %+v", id, b)
		}
	}
}

// bodyless is a store whose outlines have no more than the contract promises,
// and which counts the bodies that are loaded.
type bodyless struct {
	*memory.Store
	loaded int
}

func (s *bodyless) Outline(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
	spans, err := s.Store.Outline(ctx, id)
	for _, sp := range spans {
		sp.Attributes, sp.Events, sp.Links, sp.Input, sp.Output, sp.Metadata = nil, nil, nil, "", "", nil
		sp.Resource = &trace.Resource{}
	}
	return spans, err
}

func (s *bodyless) Spans(ctx context.Context, id trace.TraceID, ids ...trace.SpanID) ([]*trace.Span, error) {
	spans, err := s.Store.Spans(ctx, id, ids...)
	s.loaded += len(spans)
	return spans, err
}

var _ store.Store = (*bodyless)(nil)

func TestOfALargeTraceOnlyTheEdgesAreLoadedForItsBreaks(t *testing.T) {
	sent, received := tornByQueue()
	facts := []trace.Fact{{Kind: trace.Finished, Span: sent}, {Kind: trace.Finished, Span: received}}
	for i := range 3 * maxWhole {
		s := newSpan(wholeTrace, 0, 1, "planner", fmt.Sprintf("step %d", i), 0, 20)
		s.ID = trace.SpanID{1, 6: byte(i >> 8), 7: byte(i)}
		facts = append(facts, trace.Fact{Kind: trace.Finished, Span: s})
	}
	facts = append(facts, trace.Fact{Kind: trace.Finished, Span: newSpan(wholeTrace, 1, 0, "planner", "plan", 0, 20)})
	st := &bodyless{Store: memory.New()}
	if err := st.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	a := &api{Config: testConfig(st, live.New())}
	outline, err := st.Outline(t.Context(), wholeTrace)
	if err != nil {
		t.Fatal(err)
	}
	spans, err := a.withBodies(t.Context(), wholeTrace, outline)
	if err != nil {
		t.Fatal(err)
	}
	breaks, err := a.findBreaks(t.Context(), spans)
	if err != nil {
		t.Fatal(err)
	}
	if lostContext(breaks) == nil {
		t.Errorf("breaks %+v; want a lost context", breaks)
	}
	// The root, the producer, and the consumer of the other trace.
	if st.loaded != 3 {
		t.Errorf("%d bodies were loaded, want 3", st.loaded)
	}
}
