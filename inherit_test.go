package clew_test

import (
	"context"
	"regexp"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

const association = "lmnr.association.properties."

func sessionUser(s clewtest.Span) string {
	return s.Session() + "/" + s.User()
}

func TestChildrenInheritSessionUserAndMetadata(t *testing.T) {
	r := clewtest.Record(t)
	ctx := clew.WithSession(t.Context(), "s1", attribute.String("channel", "mail"))
	ctx = clew.WithUser(ctx, "u1")
	ctx = clew.WithMetadata(ctx, attribute.String("tier", "gold"), attribute.Int("n", 1))
	ctx, root := clew.Start(ctx, "root", clew.Tags("only the root"))
	late := clew.WithMetadata(clew.WithUser(ctx, "u2"), attribute.Int("n", 2))
	clew.StartDetached(late, "late").End()
	clew.StartDetached(ctx, "child").End()
	root.End()

	if got := sessionUser(r.Span("child")); got != "s1/u1" {
		t.Errorf("child: %s", got)
	}
	if got := sessionUser(r.Span("late")); got != "s1/u2" {
		t.Errorf("late: %s", got)
	}
	for _, name := range []string{"root", "child", "late"} {
		s := r.Span(name)
		if s.Attr(association+"metadata.tier") != "gold" || s.Attr("channel") != "mail" || s.Attr(association+"trace_type") != "DEFAULT" {
			t.Errorf("%s: %v", name, s.Attributes)
		}
	}
	if n, _ := r.Span("late").Value(association + "metadata.n"); n.AsInt64() != 2 {
		t.Errorf("late metadata: %v", n)
	}
	if got := r.Span("child").Attr(association + "tags"); got != "" {
		t.Errorf("tags were inherited: %s", got)
	}
}

func TestGettersSeeWhatChildrenWillInherit(t *testing.T) {
	clewtest.Record(t)
	ctx := t.Context()
	if _, ok := clew.SessionFrom(ctx); ok {
		t.Error("a session out of nowhere")
	}
	if _, ok := clew.UserFrom(ctx); ok || clew.MetadataFrom(ctx) != nil {
		t.Error("a user or metadata out of nowhere")
	}
	ctx = clew.WithMetadata(clew.WithUser(clew.WithSession(ctx, ""), "u"), attribute.Int("n", 1))
	id, ok := clew.SessionFrom(ctx)
	if !ok || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("session %q", id)
	}
	if user, ok := clew.UserFrom(ctx); !ok || user != "u" {
		t.Errorf("user %q", user)
	}
	m := clew.MetadataFrom(ctx)
	if len(m) != 1 || m[0] != attribute.Int("n", 1) {
		t.Errorf("metadata %v", m)
	}
	m[0] = attribute.Int("n", 2)
	if got := clew.MetadataFrom(ctx); got[0] != attribute.Int("n", 1) {
		t.Error("the caller could change the context's metadata")
	}
}

func TestForeignSpansNestAndInheritLikeOurOwn(t *testing.T) {
	r := clewtest.Record(t)
	tracer := otel.Tracer("other")
	ctx := clew.WithSession(clew.WithUser(t.Context(), "u"), "s")
	ctx, top := clew.Start(ctx, "top")
	ctx, foreign := tracer.Start(ctx, "foreign")
	ctx, ours := clew.Start(ctx, "ours")
	_, deep := tracer.Start(ctx, "deep")
	deep.End()
	ours.End()
	foreign.End()
	top.End()

	r.WantChild(r.Span("foreign"), r.Span("top"))
	r.WantChild(r.Span("ours"), r.Span("foreign"))
	r.WantChild(r.Span("deep"), r.Span("ours"))
	for _, name := range []string{"top", "foreign", "ours", "deep"} {
		if got := sessionUser(r.Span(name)); got != "s/u" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestASpanTakenOutOfItsContextStillHandsDown(t *testing.T) {
	r := clewtest.Record(t)
	ctx := clew.WithMetadata(clew.WithSession(t.Context(), "s"), attribute.String("k", "v"))
	ctx, top := clew.Start(ctx, "top")
	_, foreign := otel.Tracer("other").Start(ctx, "foreign")

	bare := trace.ContextWithSpan(context.Background(), foreign) // as a library does that knows only OpenTelemetry
	if id, _ := clew.SessionFrom(bare); id != "s" {
		t.Errorf("session %q", id)
	}
	clew.StartDetached(bare, "ours").End()
	_, other := otel.Tracer("other").Start(bare, "theirs")
	other.End()
	own := trace.ContextWithSpan(context.Background(), top.OTel())
	clew.StartDetached(own, "below top").End()
	foreign.End()
	top.End()

	r.WantChild(r.Span("ours"), r.Span("foreign"))
	r.WantChild(r.Span("theirs"), r.Span("foreign"))
	r.WantChild(r.Span("below top"), r.Span("top"))
	for _, name := range []string{"ours", "theirs", "below top"} {
		s := r.Span(name)
		if sessionUser(s) != "s/" || s.Attr(association+"metadata.k") != "v" {
			t.Errorf("%s: %v", name, s.Attributes)
		}
	}
}

func TestAForeignRootInsideASpanHasNoPath(t *testing.T) {
	r := clewtest.Record(t)
	ctx, top := clew.Start(clew.WithSession(t.Context(), "s"), "top")
	_, root := otel.Tracer("other").Start(ctx, "root", trace.WithNewRoot())
	root.End()
	top.End()
	if got := r.Span("root").Attr("lmnr.span.path"); got != `["root"]` {
		t.Errorf("path %s", got)
	}
}

func TestWhatASpanWasExplicitlyStartedWithWins(t *testing.T) {
	r := clewtest.Record(t)
	ctx := clew.WithSession(t.Context(), "inherited")
	explicit := attribute.String(association+"session_id", "explicit")
	clew.StartDetached(ctx, "ours", clew.Attr(explicit)).End()
	_, s := otel.Tracer("other").Start(ctx, "foreign", trace.WithAttributes(explicit))
	s.End()
	for _, name := range []string{"ours", "foreign"} {
		if got := sessionUser(r.Span(name)); got != "explicit/" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestMakingASpanCurrentTakesItsSessionAlong(t *testing.T) {
	r := clewtest.Record(t)
	ctx, s := clew.Start(clew.WithUser(clew.WithSession(t.Context(), "A"), "u"), "of A")
	elsewhere := clew.WithMetadata(clew.WithSession(context.Background(), "B"), attribute.String("k", "v"))
	clew.StartDetached(clew.WithSpan(elsewhere, s), "from B").End()
	later := clew.WithSession(ctx, "C")
	clew.StartDetached(clew.WithSpan(later, s), "told later").End()
	s.End()
	if got := sessionUser(r.Span("from B")); got != "A/u" {
		t.Errorf("from B: %s", got)
	}
	if got := r.Span("from B").Attr(association + "metadata.k"); got != "v" {
		t.Errorf("metadata %q", got)
	}
	if got := sessionUser(r.Span("told later")); got != "C/u" {
		t.Errorf("told later: %s", got)
	}
}

func TestTagsOfAForeignSpanAddUp(t *testing.T) {
	r := clewtest.Record(t)
	ctx, foreign := otel.Tracer("other").Start(t.Context(), "foreign")
	clew.CurrentSpan(ctx).AddTags("a", "b")
	clew.CurrentSpan(ctx).AddTags("b", "c")
	foreign.End()
	if got := r.Span("foreign").Attr(association + "tags"); got != `["a","b","c"]` {
		t.Errorf("tags %s", got)
	}
}

func TestAttributesOfASessionAreCopied(t *testing.T) {
	r := clewtest.Record(t)
	attrs := []attribute.KeyValue{attribute.String("plan", "gold")}
	ctx := clew.WithSession(t.Context(), "s", attrs...)
	attrs[0] = attribute.String("plan", "changed")
	clew.StartDetached(ctx, "span").End()
	if got := r.Span("span").Attr("plan"); got != "gold" {
		t.Errorf("plan %q", got)
	}
}

func TestCurrentSpanWrapsAForeignSpan(t *testing.T) {
	r := clewtest.Record(t)
	ctx, foreign := otel.Tracer("other").Start(clew.WithSession(t.Context(), "s"), "foreign")
	s := clew.CurrentSpan(ctx)
	s.SetOutput("out")
	s.AddTags("tag")
	serialized := s.Serialize()
	if serialized == "" || serialized != clew.Serialize(ctx) {
		t.Errorf("serialized %q and %q", serialized, clew.Serialize(ctx))
	}
	foreign.End()
	got := r.Span("foreign")
	if got.Attr("lmnr.span.output") != "out" || got.Attr(association+"tags") != `["tag"]` {
		t.Errorf("%v", got.Attributes)
	}
	if clew.CurrentSpan(context.Background()) != nil {
		t.Error("a span out of nowhere")
	}
}
