package laminar

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/interop/internal/peer"
	"github.com/clewhq/clew/server/client"
)

// arrived holds what was stored of each feature against what it is for.
var arrived = map[string]func(t *testing.T, tr peer.Trace){
	"observe": func(t *testing.T, tr peer.Trace) {
		tr.Line(t, "outer", "inner")
		if in := tr.Span(t, "inner"); !strings.Contains(in.Input, "why") || !strings.Contains(in.Output, "why 2") {
			t.Errorf("input %q, output %q", in.Input, in.Output)
		}
	},
	"observe, input and output ignored": func(t *testing.T, tr peer.Trace) { nothingIn(t, tr.Span(t, "quiet")) },
	"start span, with span": func(t *testing.T, tr peer.Trace) {
		tr.Line(t, "parent", "child")
		p := tr.Span(t, "parent")
		if p.Input != `{"q":1}` || !strings.Contains(p.Output, "done") || peer.Attribute(p, "my.key") != "my value" {
			t.Errorf("input %q, output %q, my.key %v", p.Input, p.Output, peer.Attribute(p, "my.key"))
		}
	},
	"start as current span": func(t *testing.T, tr peer.Trace) { tr.Line(t, "current", "child") },
	"start active span":     func(t *testing.T, tr peer.Trace) { tr.Line(t, "active", "child") },
	"span types": func(t *testing.T, tr peer.Trace) {
		for _, typ := range strings.Fields("DEFAULT LLM TOOL EXECUTOR EVALUATOR HUMAN_EVALUATOR EVALUATION PIPELINE CACHED") {
			if got := tr.Span(t, typ).Type; got != typ {
				t.Errorf("type %s, want %s", got, typ)
			}
			tr.Under(t, "types", typ)
		}
	},
	"model call by hand": func(t *testing.T, tr peer.Trace) {
		s := tr.Span(t, "chat")
		if s.Type != "LLM" || s.Provider != "openai" || s.Model != "gpt-4.1-2025-04-14" || s.InputTokens == nil || *s.InputTokens != 120 ||
			s.OutputTokens == nil || *s.OutputTokens != 30 || s.Cost == nil || *s.Cost != 0.75 || !strings.Contains(s.Input, "why") {
			t.Errorf("the call is %+v", s)
		}
	},
	"session": func(t *testing.T, tr peer.Trace) {
		all(t, tr, "session", "chat-7 ü", func(s client.Span) string { return s.SessionID })
	},
	"user": func(t *testing.T, tr peer.Trace) {
		all(t, tr, "user", "ann", func(s client.Span) string { return s.UserID })
	},
	"metadata": func(t *testing.T, tr peer.Trace) {
		m := tr.Span(t, "with metadata").Metadata
		if m["env"] != "test" || fmt.Sprint(m["n"]) != "3" || fmt.Sprint(m["nested"]) != "map[a:[1]]" {
			t.Errorf("metadata %v", m)
		}
	},
	"session, user and metadata set inside": func(t *testing.T, tr peer.Trace) {
		if s := tr.Span(t, "late"); s.SessionID != "chat-8" || s.UserID != "bob" || s.Metadata["env"] != "late" {
			t.Errorf("session %q, user %q, metadata %v", s.SessionID, s.UserID, s.Metadata)
		}
	},
	"tags":              func(t *testing.T, tr peer.Trace) { tagged(t, tr, "tagged", "a", "b") },
	"tags set inside":   func(t *testing.T, tr peer.Trace) { tagged(t, tr, "tagged inside", "c") },
	"tags added inside": func(t *testing.T, tr peer.Trace) { tagged(t, tr, "tagged twice", "a", "d") },
	"events": func(t *testing.T, tr peer.Trace) {
		if ev := tr.Span(t, "with event").Events; len(ev) != 1 || ev[0].Name != "cache miss" {
			t.Errorf("events %+v", ev)
		}
	},
	"exceptions": func(t *testing.T, tr peer.Trace) {
		s := tr.Span(t, "failing")
		if tr.Trace.Trace.ErrorCount != 1 || len(s.Events) != 1 || s.Events[0].Name != "exception" {
			t.Errorf("%d errors, events %+v", tr.Trace.Trace.ErrorCount, s.Events)
		}
	},
	"tracing level meta_only": func(t *testing.T, tr peer.Trace) { nothingIn(t, tr.Span(t, "meta only")) },
	"tracing level off": func(t *testing.T, tr peer.Trace) {
		if tr.Span(t, "seen"); len(tr.Spans) != 1 {
			t.Errorf("there are more spans than one:\n%s", tr)
		}
	},
	"client: tag": func(t *testing.T, tr peer.Trace) { tagged(t, tr, "outer", "later") },
	"client: metadata": func(t *testing.T, tr peer.Trace) {
		if m := tr.Span(t, "outer").Metadata; m["reviewed"] != true || fmt.Sprint(m["rating"]) != "5" {
			t.Errorf("metadata %v", m)
		}
	},
	"client: score": func(t *testing.T, tr peer.Trace) {
		if sc := tr.Span(t, "outer").Scores; len(sc) != 1 || sc[0].Name != "fit" || sc[0].Value == nil || *sc[0].Value != 0.5 {
			t.Errorf("scores %+v", sc)
		}
	},
}

func nothingIn(t *testing.T, s client.Span) {
	t.Helper()
	if s.Input != "" || s.Output != "" {
		t.Errorf("input %q, output %q; want none", s.Input, s.Output)
	}
	for _, a := range s.Attributes {
		if strings.Contains(fmt.Sprint(a.V), "secret") {
			t.Errorf("%s has it: %v", a.Key, a.V)
		}
	}
}

func all(t *testing.T, tr peer.Trace, what, want string, of func(client.Span) string) {
	t.Helper()
	if len(tr.Spans) != 2 {
		t.Errorf("want two spans:\n%s", tr)
	}
	for _, s := range tr.Spans {
		if of(s) != want {
			t.Errorf("%s of %s is %q, want %q", what, s.Name, of(s), want)
		}
	}
}

func tagged(t *testing.T, tr peer.Trace, name string, want ...string) {
	t.Helper()
	got := tr.Span(t, name).Tags
	slices.Sort(got) // Python's SDK keeps them in a set
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

// ours are contexts that this SDK serializes, each with the id of its span.
func ours(t *testing.T) (texts []string, spans []*clew.Span) {
	t.Helper()
	long := context.Background()
	for i := range 40 {
		var s *clew.Span
		long, s = clew.Start(long, fmt.Sprintf("level %d", i))
		t.Cleanup(s.End)
	}
	for name, ctx := range map[string]context.Context{
		"plain":   context.Background(),
		"session": clew.WithUser(clew.WithSession(context.Background(), "go-session ü"), "go-user"),
		"metadata": clew.WithMetadata(context.Background(), attribute.String("env", "go"), attribute.Int("n", 5), attribute.Bool("on", true),
			attribute.StringSlice("list", []string{"a", "b"})),
		"names \"quoted\" ü 日本 \n\x00": context.Background(),
		"deep":                         long,
	} {
		_, span := clew.Start(ctx, name)
		span.End()
		texts, spans = append(texts, span.Serialize()), append(spans, span)
	}
	return texts, spans
}

func TestLaminarSDKsFindEverythingThatTheyNeed(t *testing.T) {
	srv := peer.StartServer(t)
	shutdown, err := clew.Setup(t.Context(), clew.Endpoint(srv.URL), clew.ServiceName("go"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, k := range sdks {
		for _, transport := range []string{"grpc", "http"} {
			t.Run(k.line+" "+transport, func(t *testing.T) {
				t.Parallel()
				texts, spans := ours(t)
				answers := map[string]answered{}
				program := k.program(t, "features")
				program.Run(t, input{Lib: k.line, Transport: transport, Port: srv.Port, Parents: texts}, &answers)
				check := func(feature string, fn func(t *testing.T)) {
					t.Run(feature, func(t *testing.T) {
						k.pkg.Check(t, feature+", "+transport)
						fn(t)
					})
				}
				for _, feature := range slices.Sorted(maps.Keys(answers)) {
					a := answers[feature]
					if a.Absent {
						k.pkg.Lacks(t, feature, "its API has none")
						continue
					}
					if holds := arrived[feature]; holds != nil {
						check(feature, func(t *testing.T) { holds(t, srv.Await(t, a.Trace, 1)) })
					}
				}
				check("serialize there, continue here", func(t *testing.T) { continueHere(t, srv, answers["serialize"]) })
				check("serialize here, continue there", func(t *testing.T) {
					continuedThere(t, srv, k, spans, 2, answers["continue"].Contexts)
				})
				if a := answers["continue without a span of its own"]; k.python {
					check("serialize here, continue there without a span", func(t *testing.T) { continuedThere(t, srv, k, spans, 1, a.Contexts) })
				}
				if k.idsOnly {
					k.pkg.Lacks(t, "session, user and metadata in a context, "+transport, "its contexts hold ids only")
				}
				check("nothing is said to be wrong, at start-up, flush and shutdown", func(t *testing.T) {
					if c := program.Complaints(); len(c) > 0 {
						t.Errorf("it says:\n%s", strings.Join(c, "\n"))
					}
				})
			})
		}
	}
}

// continueHere goes on from every context that an SDK wrote.
func continueHere(t *testing.T, srv *peer.Server, a answered) {
	if len(a.Contexts) != 3 {
		t.Fatalf("%d contexts, want 3", len(a.Contexts))
	}
	for _, c := range a.Contexts {
		ctx := clew.Continue(t.Context(), c.Text)
		if r := clew.Refusals(ctx); len(r) > 0 {
			t.Errorf("%s: %v", c.Text, r)
		}
		_, span := clew.Start(ctx, "here")
		span.End()
		if err := clew.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		tr := srv.Await(t, c.Trace, 2)
		got, ok := find(tr, span)
		if !ok || got.ParentSpanID != c.Span {
			t.Errorf("%s\nhere's parent is %q, want %s:\n%s", c.Text, got.ParentSpanID, c.Span, tr)
		}
		theirs, err := srv.Span(t.Context(), c.Trace, c.Span, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		if carries := strings.Contains(c.Text, "ession"); carries && (got.SessionID != theirs.SessionID || got.UserID != theirs.UserID) {
			t.Errorf("%s\nsession %q, user %q, want %q, %q", c.Text, got.SessionID, got.UserID, theirs.SessionID, theirs.UserID)
		}
	}
}

func find(tr peer.Trace, span *clew.Span) (client.Span, bool) {
	for _, s := range tr.Spans {
		if s.SpanID == span.OTel().SpanContext().SpanID().String() {
			return s, true
		}
	}
	return client.Span{}, false
}

// continuedThere holds the spans that an SDK made from our contexts, each times a
// context, against ours.
func continuedThere(t *testing.T, srv *peer.Server, k sdk, spans []*clew.Span, each int, contexts []written) {
	if len(contexts) != each*len(spans) {
		t.Fatalf("%d answers, want %d", len(contexts), each*len(spans))
	}
	if err := clew.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, span := range spans {
		id := span.OTel().SpanContext().TraceID().String()
		for _, c := range contexts[each*i : each*(i+1)] {
			if got := strings.ReplaceAll(c.Trace, "-", ""); got != id {
				t.Errorf("%s\nwas continued in trace %s", span.Serialize(), got)
			}
		}
		tr := srv.Await(t, id, 1+each)
		mine, ok := find(tr, span)
		if !ok {
			t.Fatalf("our span is missing in:\n%s", tr)
		}
		theirs := 0
		for _, s := range tr.Spans {
			if s.Service == mine.Service {
				continue
			}
			theirs++
			if s.ParentSpanID != mine.SpanID {
				t.Errorf("%s\nthe parent of %s is %q, want %s", span.Serialize(), s.Name, s.ParentSpanID, mine.SpanID)
			}
			if !k.idsOnly && (s.SessionID != mine.SessionID || s.UserID != mine.UserID) {
				t.Errorf("%s has session %q, user %q, want %q, %q", s.Name, s.SessionID, s.UserID, mine.SessionID, mine.UserID)
			}
		}
		if theirs < each {
			t.Errorf("%d spans continue ours, want %d:\n%s", theirs, each, tr)
		}
	}
}
