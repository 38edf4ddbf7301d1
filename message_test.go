package clew_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/propagators"
)

func TestHowAMessageIsReceived(t *testing.T) {
	message := propagators.Map{"traceparent": theirParent, "x-laminar-span-context": theirJSON}
	for name, tc := range map[string]struct {
		receive func(context.Context, propagators.Map, ...clew.ExtractOption) (context.Context, clew.SpanOption)
		message propagators.Map
		opts    []clew.ExtractOption
		around  bool // another span is current
		parent  string
		links   []string
		session string
	}{
		"the sender is the parent":                  {parent: "sender", links: []string{"sender"}, session: "theirs", message: message},
		"even where another span is current":        {around: true, parent: "sender", links: []string{"sender", "around"}, session: "theirs", message: message},
		"a message without a context":               {around: true, parent: "around"},
		"a message that nobody sent":                {},
		"linked where nothing is current":           {receive: linked, links: []string{"sender"}, session: "theirs", message: message},
		"linked where another span is current":      {receive: linked, around: true, parent: "around", links: []string{"sender"}, session: "theirs", message: message},
		"linked without a context":                  {receive: linked, around: true, parent: "around"},
		"linked, and believed no more than its ids": {receive: linked, opts: []clew.ExtractOption{clew.IDsOnly}, links: []string{"sender"}, message: message},
		"a trace of its own links to the sender":    {opts: []clew.ExtractOption{clew.PolicyRestart}, links: []string{"sender"}, message: message},
		"an ignored one":                            {opts: []clew.ExtractOption{clew.PolicyIgnore}, message: message},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			ids := map[string]string{"": trace.SpanID{}.String(), "sender": theirSpan}
			ctx := t.Context()
			if tc.around {
				var around *clew.Span
				ctx, around = clew.Start(ctx, "around")
				defer around.End()
				ids["around"] = around.OTel().SpanContext().SpanID().String()
			}
			if tc.receive == nil {
				tc.receive = received
			}
			ctx, from := tc.receive(ctx, tc.message, tc.opts...)
			_, span := clew.Start(ctx, "process", from)
			span.End()
			got := r.Span("process")
			if parent := got.Parent.SpanID().String(); parent != ids[tc.parent] {
				t.Errorf("parent %s, want %s of %v", parent, tc.parent, ids)
			}
			var links, want []string
			for _, l := range got.Links {
				links = append(links, l.SpanContext.SpanID().String())
			}
			for _, l := range tc.links {
				want = append(want, ids[l])
			}
			if !slices.Equal(links, want) {
				t.Errorf("links %v, want %v of %v", links, tc.links, ids)
			}
			if got.Session() != tc.session {
				t.Errorf("session %q", got.Session())
			}
		})
	}
}

// noContext is a mistake of the caller, and no reason to panic.
var noContext context.Context

func received(ctx context.Context, m propagators.Map, opts ...clew.ExtractOption) (context.Context, clew.SpanOption) {
	return clew.Receive(ctx, m, opts...)
}

func linked(ctx context.Context, m propagators.Map, opts ...clew.ExtractOption) (context.Context, clew.SpanOption) {
	return clew.ReceiveLinked(ctx, m, opts...)
}

func TestTheSenderOfAMessageOfManyIsALink(t *testing.T) {
	message := propagators.Map{"traceparent": theirParent}
	for name, tc := range map[string]struct {
		carrier propagators.Map
		opts    []clew.ExtractOption
		want    bool
	}{
		"usually":                         {message, nil, true},
		"where traces begin anew as well": {message, []clew.ExtractOption{clew.PolicyRestart}, true},
		"ignored":                         {message, []clew.ExtractOption{clew.PolicyIgnore}, false},
		"unsigned where signatures count": {message, []clew.ExtractOption{clew.SignedBy([]byte("key")), clew.PolicyRestart}, false},
		"without a context":               {nil, nil, false},
	} {
		if sc := clew.Sender(tc.carrier, tc.opts...); sc.IsValid() != tc.want || tc.want && sc.SpanID().String() != theirSpan {
			t.Errorf("%s: %v", name, sc)
		}
	}
	if clew.Sender(nil).IsValid() {
		t.Error("no carrier has a sender")
	}
}

func TestContextFieldsLeaveTheCallersOwnAlone(t *testing.T) {
	fields := clew.ContextFields()
	for _, name := range []string{"traceparent", "tracestate", "x-laminar-span-context", "b3", "x-b3-traceid", "uber-trace-id"} {
		if !slices.Contains(fields, name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"baggage", "mirascope-session-id", "x-mirascope-session-id"} {
		if slices.Contains(fields, name) {
			t.Errorf("%s is among them", name)
		}
	}
}

func TestAPolicyThatDoesNotExistIsToldAndIsACautiousOne(t *testing.T) {
	r := clewtest.Record(t)
	var told []string
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { told = append(told, err.Error()) }))
	defer otel.SetErrorHandler(before)
	for range 2 {
		clew.StartDetached(clew.Continue(t.Context(), theirJSON, clew.Policy("restrat")), "s").End()
	}
	for _, s := range r.Named("s", 2) {
		if s.Parent.IsValid() || len(s.Links) != 1 || s.Session() != "" || s.Attr("clew.context.policy") != "restart" {
			t.Errorf("parent %v, links %v, session %q, policy %q", s.Parent, s.Links, s.Session(), s.Attr("clew.context.policy"))
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], `"restrat"`) || !strings.Contains(told[0], `"resample"`) {
		t.Errorf("told %q", told)
	}
}

func TestWorkThatOutlivesItsRequestStaysInTheTrace(t *testing.T) {
	r := clewtest.Record(t)
	type key struct{}
	request, cancel := context.WithCancel(context.WithValue(clew.WithSession(t.Context(), "s"), key{}, "kept"))
	request, span := clew.Start(request, "request")
	release := make(chan struct{})
	boom := errors.New("boom")
	done := clew.Go(request, "mail", func(ctx context.Context) error {
		<-release
		if ctx.Err() != nil || ctx.Done() != nil || ctx.Value(key{}) != "kept" {
			t.Errorf("err %v, value %v", ctx.Err(), ctx.Value(key{}))
		}
		clew.StartDetached(ctx, "send").End()
		return boom
	})
	span.End()
	cancel()
	close(release)
	if err := <-done; !errors.Is(err, boom) {
		t.Errorf("err %v", err)
	}
	r.WantChild(r.Span("mail"), r.Span("request"))
	r.WantChild(r.Span("send"), r.Span("mail"))
	if got := r.Span("mail"); got.Session() != "s" || got.Failure() == "" {
		t.Errorf("session %q, failure %q", got.Session(), got.Failure())
	}
	if r.Span("mail").StartTime.After(r.Span("request").EndTime) {
		t.Error("the work begins when the request is over")
	}
}

func TestWorkInATraceOfItsOwnLinksToTheRequest(t *testing.T) {
	r := clewtest.Record(t)
	ctx, span := clew.Start(clew.WithUser(t.Context(), "ada"), "request")
	opts := []clew.SpanOption{clew.NewTrace}
	<-clew.Go(ctx, "index", func(context.Context) error { return nil }, opts...)
	span.End()
	<-clew.Go(noContext, "alone", func(context.Context) error { return nil }, opts...)
	got := r.Span("index")
	if got.Parent.IsValid() || len(got.Links) != 1 || got.Links[0].SpanContext.SpanID() != r.Span("request").SpanContext.SpanID() || got.User() != "ada" {
		t.Errorf("parent %v, links %v, user %q", got.Parent, got.Links, got.User())
	}
	if got := r.Span("alone"); got.Parent.IsValid() || len(got.Links) != 0 {
		t.Errorf("parent %v, links %v", got.Parent, got.Links)
	}
}
