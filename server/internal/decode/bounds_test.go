package decode

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/server/client"
)

func TestAnAnswerIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "INFO traceparent=00-%032x-00f067aa0ba902b7-01\n", i+1)
	}
	if d := Text(b.String()); len(d.Contexts) != MaxContexts || !d.More {
		t.Errorf("%d contexts, more %v", len(d.Contexts), d.More)
	}
	if d := Text(strings.Repeat(" ", MaxText) + parent); len(d.Contexts) != 0 || !d.More {
		t.Errorf("beyond the cap: %d contexts, more %v", len(d.Contexts), d.More)
	}
}

// isSoonDone checks that f takes less than five seconds, in the least disturbed of five runs.
func isSoonDone(t *testing.T, f func()) {
	t.Helper()
	var took time.Duration
	for range 5 {
		begin := time.Now()
		f()
		if took = time.Since(begin); took < 5*time.Second {
			return
		}
	}
	t.Errorf("it took %v", took)
}

// Each of these made some version of a scanner quadratic, or could.
func TestHostileTextTakesLinearTime(t *testing.T) {
	for name, unit := range map[string]string{
		"open objects": "{", "marked objects": `{"traceId":1,"spanId":2,`, "open strings": `"`, "escaped quotes": `\"`, "open single quotes": "'b3:1 \\",
		"names": "b3:", "headers": "traceparent:\n", "objects that never close": `x-laminar-span-context={`, "on lines of their own": "x-laminar-span-context={\n",
		"JSON in JSON": `"{\"a\":\"`, "bare texts": "e30=.", "percents": "%7B", "base64": "eyJ9", "brackets": "[[", "wide characters": "é",
		"lists": "traceparent=[", "backslashes": `\`, "dashes": "00-", "colons": "a:b:", "lone surrogates": `"\ud800"`, "bytes that are not UTF-8": "\xff", "commas": `"b3","`,
		"jaeger baggage": "uberctx-a:b\n", "members": "tracestate:a,b=c,", "baggage": "baggage:\",\",", "everything": "traceparent: " + parent + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(unit, MaxText/len(unit))
			isSoonDone(t, func() { Text(text) })
		})
	}
}

func TestManyDifferentFieldsTakeLinearTime(t *testing.T) {
	var b strings.Builder
	for i := 0; b.Len() < MaxText; i++ {
		fmt.Fprintf(&b, "uberctx-%d: x\n", i)
	}
	var d client.Decoded
	isSoonDone(t, func() { d = Text(b.String()) })
	if len(d.Contexts) != 1 || len(d.Contexts[0].Baggage) > propagators.MaxBaggageMembers {
		t.Errorf("%d contexts", len(d.Contexts))
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		parent, serialized, quote(serialized), url.QueryEscape(serialized), base64.StdEncoding.EncodeToString([]byte(serialized)),
		"> traceparent: " + parent + "\n> tracestate: a=1\n", "TRACEPARENT=" + parent + "\nLMNR_SPAN_CONTEXT=" + serialized,
		`{"_meta":{"traceparent":"` + parent + `"}}`, "curl -H 'traceparent: " + parent + "' \\\n -H \"b3: 0\"", "map[b3:[0] baggage:[a=b]]",
		"uber-trace-id: 4bf9%3A1%3A0%3A3\nuberctx-user: ada", "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
		"X-B3-TraceId: 1\nX-B3-SpanId: x\n", "\xff\"\\ud800\x00{\"traceId\":\"é\",\"spanId\":[[", `traceparent=["`, "traceparent:b'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := Text(text)
		if _, err := json.Marshal(d); err != nil {
			t.Fatal(err)
		}
		check := func(at client.TextPosition) {
			if at.Offset < 0 || at.Offset > len(text) || at.Line != 1+strings.Count(text[:at.Offset], "\n") || at.Column < 1 {
				t.Fatalf("%q: place %+v", text, at)
			}
		}
		for _, c := range d.Contexts {
			if len(c.Fields) == 0 || c.Effect == "" || c.Explanation == "" || (c.TraceID == nil) != (c.SpanID == nil) {
				t.Fatalf("%q: %+v", text, c)
			}
			if !c.Valid && (c.Effect == effectContinue || c.Effect == effectJoin) {
				t.Fatalf("%q: not valid, but %s", text, c.Effect)
			}
			for _, field := range c.Fields {
				check(field.At)
			}
			for _, p := range c.Problems {
				if p.Message == "" {
					t.Fatalf("%q: a problem without words", text)
				}
				if p.At != nil {
					check(*p.At)
				}
			}
		}
	})
}
