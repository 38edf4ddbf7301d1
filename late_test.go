package clew_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

// tellLate says of a span that runs whom it is for.
func tellLate(s *clew.Span) {
	s.SetSession("late", attribute.String("channel", "mail"))
	s.SetUser("ann")
	s.SetMetadata(attribute.String("plan", "pro"), attribute.Int("n", 2))
}

func TestWhatIsSaidOfARunningSpanHoldsForItAndForLaterChildren(t *testing.T) {
	for name, current := range map[string]func(context.Context) (context.Context, func()){
		"of ours": func(ctx context.Context) (context.Context, func()) {
			ctx, s := clew.Start(ctx, "top")
			return ctx, s.End
		},
		"of another instrumentation": func(ctx context.Context) (context.Context, func()) {
			ctx, s := otel.Tracer("other").Start(ctx, "top")
			return ctx, func() { s.End() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			ctx := clew.WithMetadata(clew.WithSession(t.Context(), "early"), attribute.String("region", "eu"), attribute.Int("n", 1))
			ctx, end := current(ctx)
			before := clew.StartDetached(ctx, "before")
			withMore := clew.WithMetadata(ctx, attribute.Int("n", 3)) // knows nothing of what is said next
			tellLate(clew.CurrentSpan(ctx))

			clew.StartDetached(ctx, "child").End()
			_, theirs := otel.Tracer("other").Start(ctx, "theirs")
			theirs.End()
			clew.StartDetached(withMore, "more").End()
			clew.StartDetached(clew.WithSession(ctx, "own"), "own").End()
			elsewhere := trace.ContextWithSpan(context.Background(), trace.SpanFromContext(ctx))
			clew.StartDetached(elsewhere, "elsewhere").End()
			carried := clew.Continue(context.Background(), clew.Serialize(ctx))
			clew.StartDetached(carried, "carried").End()
			session, _ := clew.SessionFrom(ctx)
			user, _ := clew.UserFrom(ctx)
			before.End()
			end()

			if session != "late" || user != "ann" || len(clew.MetadataFrom(ctx)) != 3 {
				t.Errorf("the context tells session %q, user %q, %v", session, user, clew.MetadataFrom(ctx))
			}
			for span, want := range map[string]struct{ who, n string }{
				"top": {"late/ann", "2"}, "child": {"late/ann", "2"}, "theirs": {"late/ann", "2"}, "more": {"late/ann", "3"},
				"own": {"own/ann", "2"}, "elsewhere": {"late/ann", "2"}, "carried": {"late/ann", "2"}, "before": {"early/", "1"},
			} {
				s := r.Span(span)
				if sessionUser(s) != want.who || s.Attr(association+"metadata.n") != want.n || s.Attr(association+"metadata.region") != "eu" {
					t.Errorf("%s: %s, %v", span, sessionUser(s), s.Attributes)
				}
				if plan := s.Attr(association + "metadata.plan"); (plan == "pro") != (span != "before") {
					t.Errorf("%s: plan %q", span, plan)
				}
			}
			if got := r.Span("child").Attr("channel"); got != "mail" {
				t.Errorf("the session's attribute is %q", got)
			}
			r.WantChild(r.Span("child"), r.Span("top"))
		})
	}
}

func TestARunningSpanOfAnotherProviderIsToldToo(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	defer func() { _ = tp.Shutdown(context.Background()) }()
	shutdown, err := clew.Setup(t.Context(), clew.TracerProvider(tp))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shutdown(context.Background()) }()
	ctx, top := clew.Start(clew.WithSession(t.Context(), "early"), "top")
	tellLate(top)
	clew.StartDetached(ctx, "child").End()
	top.End()
	ctx, foreign := tp.Tracer("other").Start(t.Context(), "foreign")
	tellLate(clew.CurrentSpan(ctx))
	clew.StartDetached(ctx, "below").End()
	foreign.End()
	if got := spans.GetSpans(); len(got) != 4 {
		t.Fatalf("%d spans", len(got))
	}
	for _, s := range spans.GetSpans() {
		said := map[attribute.Key]string{}
		for _, kv := range s.Attributes {
			said[kv.Key] = kv.Value.String()
		}
		if said[association+"session_id"] != "late" || said[association+"user_id"] != "ann" || said[association+"metadata.plan"] != "pro" {
			t.Errorf("%s: %v", s.Name, said)
		}
	}
}

func TestASpanThatIsNotSampledTellsItsChildrenAllTheSame(t *testing.T) {
	shutdown, err := clew.Setup(t.Context(), clew.Sample(0), clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shutdown(context.Background()) }()
	ctx, s := clew.Start(t.Context(), "top")
	tellLate(s)
	ctx, child := clew.Start(ctx, "child")
	if carried, err := clew.Deserialize(clew.Serialize(ctx)); err != nil || carried.Session != "late" || carried.User != "ann" {
		t.Errorf("carries session %q, user %q, %v", carried.Session, carried.User, err)
	}
	child.End()
	s.End()
}

func TestASpanThatIsNoMoreTellsNothing(t *testing.T) {
	clewtest.Record(t)
	ctx, s := clew.Start(clew.WithSession(t.Context(), "early"), "top")
	s.End()
	tellLate(s)
	off, none := clew.Start(clew.WithTracingLevel(ctx, clew.LevelOff), "off")
	tellLate(none)
	for name, ctx := range map[string]context.Context{"ended": ctx, "off": off} {
		if session, _ := clew.SessionFrom(ctx); session != "early" {
			t.Errorf("%s: session %q", name, session)
		}
	}
	tellLate(nil)
	tellLate(new(clew.Span))
}
