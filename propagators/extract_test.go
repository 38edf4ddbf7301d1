package propagators_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/propagators"
)

const rich = `{"traceId":"` + traceUUID + `","spanId":"` + spanUUID + `","spanPath":["a","b"],` +
	`"spanIdsPath":["00000000-0000-0000-0000-000000000001","` + spanUUID + `"],"sessionId":"s","userId":"u","metadata":{"k":"v"}}`

const traceparent = "00-" + traceHex + "-" + spanHex + "-00"

func TestW3CDecidesIDsAndLaminarJoinsIn(t *testing.T) {
	for name, tc := range map[string]struct {
		traceparent string
		want        meaning
		flags       trace.TraceFlags
		links       int
		refused     int
	}{
		"the same ids": {
			traceparent: traceparent,
			want: meaning{
				TraceID: traceHex, SpanID: spanHex, Path: []string{"a", "b"},
				IDsPath: []string{"00000000-0000-0000-0000-000000000001", spanUUID},
				Session: "s", User: "u", Metadata: map[string]any{"k": "v"},
			},
		},
		"a proxy in between made a span of its own": {
			traceparent: "00-" + traceHex + "-00000000000000aa-01",
			flags:       trace.FlagsSampled,
			want: meaning{
				TraceID: traceHex, SpanID: "00000000000000aa", Path: []string{"a", "b"},
				IDsPath: []string{"00000000-0000-0000-0000-000000000001", spanUUID, "00000000-0000-0000-0000-0000000000aa"},
				Session: "s", User: "u", Metadata: map[string]any{"k": "v"},
			},
		},
		"only the low 64 bits agree": {
			traceparent: "00-ffffffffffffffff0123456789abcdef-" + spanHex + "-01",
			flags:       trace.FlagsSampled,
			want: meaning{
				TraceID: "ffffffffffffffff0123456789abcdef", SpanID: spanHex, Path: []string{"a", "b"},
				IDsPath: []string{"00000000-0000-0000-0000-000000000001", spanUUID},
				Session: "s", User: "u", Metadata: map[string]any{"k": "v"},
			},
		},
		"another trace": {
			traceparent: "00-" + strings.Repeat("f", 32) + "-" + spanHex + "-01",
			flags:       trace.FlagsSampled,
			want:        meaning{TraceID: strings.Repeat("f", 32), SpanID: spanHex, IDsPath: []string{spanUUID}},
			links:       1,
		},
		"an unusable traceparent": {
			traceparent: "01",
			flags:       trace.FlagsSampled,
			want: meaning{
				TraceID: traceHex, SpanID: spanHex, Path: []string{"a", "b"},
				IDsPath: []string{"00000000-0000-0000-0000-000000000001", spanUUID},
				Session: "s", User: "u", Metadata: map[string]any{"k": "v"},
			},
			refused: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"Traceparent": {tc.traceparent}, "X-Laminar-Span-Context": {rich}}
			ctx := propagators.All().Extract(context.Background(), propagation.HeaderCarrier(h))
			got := propagators.Current(ctx)
			equal(t, meaningOf(got), tc.want)
			if f := got.SpanContext.TraceFlags(); f != tc.flags {
				t.Errorf("flags %v, want %v", f, tc.flags)
			}
			notes := inherit.From(ctx).Entry.Notes
			if notes == nil {
				notes = &inherit.Notes{}
			}
			if len(notes.Links) != tc.links {
				t.Errorf("%d links, want %d", len(notes.Links), tc.links)
			}
			for _, l := range notes.Links {
				if l.SpanContext.TraceID().String() != traceHex || len(l.Attributes) != 2 {
					t.Errorf("link %+v", l)
				}
			}
			if r := propagators.Refusals(ctx); len(r) != tc.refused {
				t.Errorf("refused %v, want %d", r, tc.refused)
			}
		})
	}
}

func TestLaminarHeaderNames(t *testing.T) {
	for _, name := range []string{"X-Laminar-Span-Context", "laminar-span-context", "x-lmnr-span-context", "X-LAMINAR-SPAN-CONTEXT"} {
		ctx := propagators.All().Extract(context.Background(), propagation.MapCarrier{name: minimal})
		if !trace.SpanContextFromContext(ctx).IsValid() {
			t.Errorf("%s was not found", name)
		}
	}
	twice := http.Header{"X-Laminar-Span-Context": {minimal, minimal}, "Laminar-Span-Context": {minimal}}
	if ctx := propagators.All().Extract(context.Background(), propagators.Header(twice)); !trace.SpanContextFromContext(ctx).IsValid() {
		t.Error("the same context several times was refused")
	}
	differing := http.Header{"X-Laminar-Span-Context": {minimal, rich}}
	ctx := propagators.All().Extract(context.Background(), propagators.Header(differing))
	if trace.SpanContextFromContext(ctx).IsValid() || len(propagators.Refusals(ctx)) != 1 {
		t.Error("two different contexts were not refused")
	}
}

func TestABadContextKeepsTheLocalParentUnlessANewTraceIsAskedFor(t *testing.T) {
	local := trace.ContextWithSpanContext(context.Background(), spanContext(t))
	for name, tc := range map[string]struct {
		text      string
		newTrace  bool
		keep      bool
		refusals  int
		continued bool
	}{
		"bad":                   {text: "{", keep: true, refusals: 1},
		"bad, new trace":        {text: "{", newTrace: true, refusals: 1},
		"empty":                 {text: "", keep: true},
		"empty, new trace":      {text: "", newTrace: true},
		"good":                  {text: strings.Replace(minimal, "fedc", "0001", 1), continued: true},
		"good, new trace":       {text: strings.Replace(minimal, "fedc", "0001", 1), newTrace: true, continued: true},
		"zero ids carry no who": {text: strings.Replace(rich, traceUUID, "00000000-0000-0000-0000-000000000000", 1), keep: true, refusals: 1},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := propagators.All().Continue(local, tc.text, propagators.Trust{NewTrace: tc.newTrace})
			sc := trace.SpanContextFromContext(ctx)
			switch {
			case tc.keep && !sc.Equal(spanContext(t)):
				t.Errorf("the local parent became %+v", sc)
			case tc.continued && sc.SpanID().String() != "0001ba9876543210":
				t.Errorf("the remote parent is %+v", sc)
			case !tc.keep && !tc.continued && sc.IsValid():
				t.Errorf("still inside %+v", sc)
			}
			if n := len(propagators.Refusals(ctx)); n != tc.refusals {
				t.Errorf("%d refusals, want %d", n, tc.refusals)
			}
			if s := inherit.From(ctx); s != nil && s.Session != "" {
				t.Errorf("session %q", s.Session)
			}
		})
	}
}

func TestIDsOnlyTakesAndGivesNothingElse(t *testing.T) {
	p := propagators.All()
	ctx := p.ExtractWith(context.Background(), propagators.Map{"x-laminar-span-context": rich}, propagators.Trust{IDsOnly: true})
	equal(t, meaningOf(propagators.Current(ctx)), meaning{TraceID: traceHex, SpanID: spanHex, IDsPath: []string{spanUUID}})

	level := `{"traceId":"` + traceHex + `","spanId":"` + spanHex + `","tracingLevel":"off"}`
	ctx = p.ExtractWith(context.Background(), propagators.Map{"x-laminar-span-context": level}, propagators.Trust{IDsOnly: true})
	if got := propagators.Current(ctx).TracingLevel; got != "" {
		t.Errorf("a stranger decides what is recorded: tracing level %s", got)
	}

	ctx = p.Extract(context.Background(), propagators.Map{"x-laminar-span-context": rich})
	all, ids := propagators.Map{}, propagators.Map{}
	p.Inject(ctx, all)
	p.IDsOnly().Inject(ctx, ids)
	if diff := cmp.Diff([]string{"traceparent", "x-laminar-span-context"}, slices.Sorted(slices.Values(all.Keys()))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"traceparent"}, ids.Keys()); diff != "" {
		t.Error(diff)
	}
}

func TestCarriersFindNamesInAnyCase(t *testing.T) {
	header := propagators.Header{"traceparent": {"raw"}, "X-Other": {"1"}}
	header.Set("TraceParent", "new")
	if diff := cmp.Diff(propagators.Header{"Traceparent": {"new"}, "X-Other": {"1"}}, header); diff != "" {
		t.Error(diff)
	}
	mixed := propagators.Header{"traceparent": {"a"}, "Traceparent": {"b"}}
	if got := mixed.Values("TRACEPARENT"); len(got) != 2 {
		t.Errorf("values %v", got)
	}
	if len(mixed["Traceparent"]) != 1 {
		t.Errorf("reading changed the header: %v", mixed)
	}
	m := propagators.Map{"TraceParent": "1", "other": "2"}
	if got := m.Get("traceparent"); got != "1" {
		t.Errorf("got %q", got)
	}
	m.Set("traceparent", "3")
	if diff := cmp.Diff(propagators.Map{"traceparent": "3", "other": "2"}, m); diff != "" {
		t.Error(diff)
	}
	propagators.Map(nil).Set("a", "b")
	propagators.Header(nil).Set("a", "b")
	var p propagators.Propagator
	p.Inject(context.Background(), nil)
	p.Extract(context.Background(), nil)
}

func TestRandomContextsSurviveEveryFormat(t *testing.T) {
	seed := uint64(20261121)
	random := rand.New(rand.NewPCG(seed, seed))
	t.Logf("seed %d", seed)
	for i := range propagators.Formats {
		f := &propagators.Formats[i]
		if f.NoSpan {
			continue
		}
		for range 500 {
			var cfg trace.SpanContextConfig
			binary.BigEndian.PutUint64(cfg.TraceID[:8], random.Uint64())
			binary.BigEndian.PutUint64(cfg.TraceID[8:], random.Uint64()|1)
			binary.BigEndian.PutUint64(cfg.SpanID[:], random.Uint64()|1)
			cfg.TraceFlags = trace.TraceFlags(random.IntN(2))
			want := propagators.Carried{SpanContext: trace.NewSpanContext(cfg)}
			want.SpanContext = want.SpanContext.WithRemote(true)
			if f.Inherited {
				want.Session, want.User = randomText(random), randomText(random)
				for range random.IntN(4) {
					want.Path = append(want.Path, randomText(random))
				}
				for range random.IntN(4) {
					want.Metadata = inherit.Merge(want.Metadata, []attribute.KeyValue{attribute.String("k"+randomText(random), randomText(random))})
				}
			}
			carrier := propagators.Map{}
			f.Write(want, carrier)
			got, refusal := f.Read(carrier)
			if refusal != nil || len(got.Refused) > 0 {
				t.Fatalf("%s wrote %v and refuses it: %v %v", f.Name, carrier, refusal, got.Refused)
			}
			if !got.SpanContext.Equal(want.SpanContext) {
				t.Fatalf("%s made of %+v %+v", f.Name, want.SpanContext, got.SpanContext)
			}
			equal(t, meaningOf(got), meaningOf(want))
		}
	}
}

func randomText(random *rand.Rand) string {
	const letters = "ab \"\\/\n\t{}[]%=,éя長🤖\u2028\x00"
	runes := []rune(letters)
	var b strings.Builder
	b.WriteByte('x')
	for range random.IntN(12) {
		b.WriteRune(runes[random.IntN(len(runes))])
	}
	return b.String()
}

// FuzzExtract feeds every header that any format reads, all at once.
func FuzzExtract(f *testing.F) {
	f.Add("00-"+traceHex+"-"+spanHex+"-01", rich)
	f.Add("00-"+traceHex+"-"+spanHex+"-01", strings.Replace(rich, "0123", "ffff", 1))
	f.Add("", "%7B")
	f.Fuzz(func(t *testing.T, one, other string) {
		local := spanContext(t)
		for _, swap := range []bool{false, true} {
			carrier := propagators.Map{}
			for i, field := range propagators.All().Fields() {
				carrier[field] = one
				if (i%2 == 0) != swap {
					carrier[field] = other
				}
			}
			ctx := propagators.All().Extract(trace.ContextWithSpanContext(context.Background(), local), carrier)
			sc := trace.SpanContextFromContext(ctx)
			if !sc.IsValid() || !sc.IsRemote() && !sc.Equal(local) {
				t.Fatalf("continued as %+v", sc)
			}
			if !sc.IsRemote() && len(propagators.Refusals(ctx)) == 0 && strings.TrimSpace(one+other) != "" {
				t.Errorf("nothing was continued from %v, and nothing was said", carrier)
			}
		}
	})
}
