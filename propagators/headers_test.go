package propagators_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/propagators"
)

func chosen(t testing.TB, names ...string) propagators.Propagator {
	t.Helper()
	p, err := propagators.New(names...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// passOn runs headers through extract and inject of the same formats.
func passOn(t testing.TB, in propagators.Map, names ...string) propagators.Map {
	t.Helper()
	p, out := chosen(t, names...), propagators.Map{}
	p.Inject(p.Extract(context.Background(), in), out)
	return out
}

func TestASamplingStateGoesOnAsItCame(t *testing.T) {
	const ids = traceHex + "-" + spanHex
	for name, tc := range map[string]struct{ in, b3, flags, sampled, jaeger string }{
		"accept":             {ids + "-1", ids + "-1", "", "1", "1"},
		"deny":               {ids + "-0", ids + "-0", "", "0", "0"},
		"debug":              {ids + "-d", ids + "-d", "1", "", "3"},
		"defer":              {ids, ids, "", "", "1"},
		"the parent is gone": {ids + "-1-" + spanHex, ids + "-1", "", "1", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			got := passOn(t, propagators.Map{"b3": tc.in}, "b3", "b3multi", "jaeger")
			want := propagators.Map{"b3": tc.b3, "x-b3-traceid": traceHex, "x-b3-spanid": spanHex, "uber-trace-id": traceHex + ":" + spanHex + ":0:" + tc.jaeger}
			if tc.flags != "" {
				want["x-b3-flags"] = tc.flags
			}
			if tc.sampled != "" {
				want["x-b3-sampled"] = tc.sampled
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoB3OutsideASpan(t *testing.T) {
	for _, in := range []propagators.Map{{}, {"b3": "zzz"}, {"b3": "0"}, {"x-b3-sampled": "0"}} {
		if out := passOn(t, in, "b3", "b3multi", "jaeger"); len(out) > 0 {
			t.Errorf("from %v: %v", in, out)
		}
	}
}

func TestOneNameOfB3ReadsBothOfItsEncodings(t *testing.T) {
	for _, in := range []propagators.Map{{"B3": traceHex + "-" + spanHex}, {"X-B3-TraceId": traceHex, "x-b3-SPANID": spanHex}} {
		for _, name := range []string{"b3", "b3multi"} {
			if out := passOn(t, in, name); len(out) == 0 {
				t.Errorf("%s does not read %v", name, in)
			}
		}
	}
}

func TestJaegerBaggageTravelsBothWays(t *testing.T) {
	in := propagators.Map{"uber-trace-id": "ABC:1:0:1", "Uberctx-User": "J%C3%BCrgen+x", "uberctx-bad": "%zz", "uberctx-": "no name"}
	p := chosen(t, "jaeger")
	ctx := p.Extract(context.Background(), in)
	if got := baggage.FromContext(ctx).Member("user").Value(); got != "Jürgen x" {
		t.Errorf("baggage %q", got)
	}
	if r := propagators.Refusals(ctx); len(r) != 1 || r[0].Reason != propagators.ReasonEncoding {
		t.Errorf("refusals %v", r)
	}
	out := propagators.Map{}
	p.Inject(ctx, out)
	if diff := cmp.Diff(propagators.Map{
		"uber-trace-id": strings.Repeat("0", 29) + "abc:0000000000000001:0:1", "uberctx-user": "J%C3%BCrgen+x",
	}, out); diff != "" {
		t.Error(diff)
	}
	ids := propagators.Map{}
	p.IDsOnly().Inject(ctx, ids)
	if len(ids) != 1 {
		t.Errorf("a stranger learns %v", ids)
	}
}

func TestMirascopeSessions(t *testing.T) {
	for name, tc := range map[string]struct {
		in      propagators.Map
		session string
		refused propagators.Reason
	}{
		"the name in the code":       {in: propagators.Map{"mirascope-session-ID": " s1 "}, session: "s1"},
		"the name in the guides":     {in: propagators.Map{"X-Mirascope-Session-Id": "s2"}, session: "s2"},
		"both the same":              {in: propagators.Map{"Mirascope-Session-Id": "s", "X-Mirascope-Session-Id": "s"}, session: "s"},
		"both, and they differ":      {in: propagators.Map{"Mirascope-Session-Id": "s1", "X-Mirascope-Session-Id": "s2"}, session: "s1", refused: propagators.ReasonRepeated},
		"empty leaves what there is": {in: propagators.Map{"Mirascope-Session-Id": ""}},
		"a line break":               {in: propagators.Map{"Mirascope-Session-Id": "a\r\nb"}, refused: propagators.ReasonEncoding},
		"not ASCII":                  {in: propagators.Map{"Mirascope-Session-Id": "é"}, refused: propagators.ReasonEncoding},
		"too long":                   {in: propagators.Map{"Mirascope-Session-Id": strings.Repeat("s", propagators.MaxID+1)}, refused: propagators.ReasonTooLong},
		"Laminar's goes first":       {in: propagators.Map{"Mirascope-Session-Id": "m", "x-laminar-span-context": strings.Replace(minimal, "{", `{"sessionId":"l",`, 1)}, session: "l"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := propagators.All().Extract(context.Background(), tc.in)
			session := ""
			if s := inherit.From(ctx); s != nil {
				session = s.Session
			}
			if session != tc.session {
				t.Errorf("session %q, want %q", session, tc.session)
			}
			if r := propagators.Refusals(ctx); tc.refused == "" && len(r) > 0 || tc.refused != "" && (len(r) != 1 || r[0].Reason != tc.refused) {
				t.Errorf("refusals %v, want %q", r, tc.refused)
			}
		})
	}
	if diff := cmp.Diff(propagators.Map{"mirascope-session-id": "s", "x-mirascope-session-id": "s"}, passOn(t, propagators.Map{"mirascope-session-id": "s"}, "mirascope")); diff != "" {
		t.Error(diff)
	}
	state := inherit.New()
	state.Change(func(a *inherit.Association) { a.Session = "a\r\nb" })
	ctx := inherit.With(context.Background(), state)
	out := propagators.Map{}
	chosen(t, "mirascope").Inject(ctx, out)
	if len(out) > 0 {
		t.Errorf("a line break was written: %q", out)
	}
}

func TestEveryFormatIsReadFromAString(t *testing.T) {
	for text, format := range map[string]string{
		"00-" + traceHex + "-" + spanHex + "-01": "tracecontext", minimal: "laminar",
		traceHex + "-" + spanHex + "-1": "b3", "e457b5a2e4d86bd1-" + spanHex: "b3",
		traceHex + ":" + spanHex + ":0:1": "jaeger", traceHex + "%3A" + spanHex + "%3a0%3A1": "jaeger",
	} {
		if got, refusal := propagators.All().Parse(text); refusal != nil || got.Format != format {
			t.Errorf("%s: %q, %v, want %s", text, got.Format, refusal, format)
		}
	}
}

func TestOnlyWhatIsSignedIsBelieved(t *testing.T) {
	key, old := []byte("new key"), []byte("old key")
	sc := propagators.Carried{SpanContext: spanContext(t), Session: "s"}
	signed := propagators.SignLaminar(propagators.WriteLaminar(sc), old)
	for name, tc := range map[string]struct {
		text   string
		reason propagators.Reason
	}{
		"signed":                    {text: signed},
		"signed and encoded":        {text: strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D").Replace(signed)},
		"one byte changed":          {text: strings.Replace(signed, `"s"`, `"t"`, 1), reason: propagators.ReasonSignature},
		"another key":               {text: propagators.SignLaminar(propagators.WriteLaminar(sc), []byte("?")), reason: propagators.ReasonSignature},
		"the empty key":             {text: propagators.SignLaminar(propagators.WriteLaminar(sc), nil), reason: propagators.ReasonUnsigned},
		"more after the signature":  {text: strings.TrimSuffix(signed, "}") + `,"userId":"x"}`, reason: propagators.ReasonUnsigned},
		"unsigned":                  {text: propagators.WriteLaminar(sc), reason: propagators.ReasonUnsigned},
		"cut":                       {text: signed[:len(signed)-9] + `"}`, reason: propagators.ReasonUnsigned},
		"a traceparent":             {text: traceparent, reason: propagators.ReasonUnsigned},
		"a signature and no object": {text: `{,"clewSignature":"` + strings.Repeat("A", 43) + `"}`, reason: propagators.ReasonSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			trust := propagators.Trust{Keys: [][]byte{key, nil, old}}
			for _, ctx := range []context.Context{
				propagators.All().Continue(context.Background(), tc.text, trust),
				propagators.All().ExtractWith(context.Background(), propagators.Map{"x-laminar-span-context": tc.text, "traceparent": "00-" + traceHex + "-" + spanHex + "-01"}, trust),
			} {
				if got := trace.SpanContextFromContext(ctx).IsValid(); got != (tc.reason == "") {
					t.Errorf("continued: %v", got)
				}
				if tc.reason == "" {
					continue
				}
				if r := propagators.Refusals(ctx); len(r) == 0 || r[len(r)-1].Reason != tc.reason && r[0].Reason != propagators.ReasonUnsigned {
					t.Errorf("refusals %v, want %q", r, tc.reason)
				}
			}
		})
	}
	if got, refusal := propagators.All().Parse(signed); refusal != nil || got.Session != "s" {
		t.Errorf("a reader without the key cannot read it: %v", refusal)
	}
}

func FuzzB3(f *testing.F) {
	f.Add(traceHex+"-"+spanHex+"-d-"+spanHex, traceHex, spanHex, "1", "0", "")
	f.Add("0", "", "", "true", "1", "-")
	f.Fuzz(func(t *testing.T, single, traceID, spanID, sampled, flags, parent string) {
		roundTrip(t, "b3", propagators.Map{"b3": single})
		roundTrip(t, "b3multi", propagators.Map{"x-b3-traceid": traceID, "x-b3-spanid": spanID, "x-b3-sampled": sampled, "x-b3-flags": flags, "x-b3-parentspanid": parent})
	})
}

func FuzzJaeger(f *testing.F) {
	f.Add(traceHex+":"+spanHex+":0:3", "k", "v%20")
	f.Add("1%3A2%3Axyz%3Aff", "", "+")
	f.Fuzz(func(t *testing.T, id, key, value string) {
		roundTrip(t, "jaeger", propagators.Map{"uber-trace-id": id, "uberctx-" + key: value})
	})
}

func FuzzMirascope(f *testing.F) {
	f.Add("s", "")
	f.Fuzz(func(t *testing.T, one, two string) {
		roundTrip(t, "mirascope", propagators.Map{"mirascope-session-id": one, "x-mirascope-session-id": two})
	})
}

// roundTrip passes headers on twice: the second time nothing may change or be refused.
func roundTrip(t *testing.T, name string, in propagators.Map) {
	t.Helper()
	p := chosen(t, name)
	once, twice := propagators.Map{}, propagators.Map{}
	p.Inject(p.Extract(context.Background(), in), once)
	ctx := p.Extract(context.Background(), once)
	p.Inject(ctx, twice)
	if diff := cmp.Diff(once, twice); diff != "" {
		t.Errorf("%q changes on the way (-once +twice)\n%s", in, diff)
	}
	if r := propagators.Refusals(ctx); len(r) > 0 {
		t.Errorf("wrote %q and refuses it: %v", once, r)
	}
	if size := len(once["baggage"]); size > propagators.MaxBaggage {
		t.Errorf("%d bytes of baggage", size)
	}
}
