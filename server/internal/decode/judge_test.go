package decode

import (
	stdcontext "context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

func TestDisagreementsAreTold(t *testing.T) {
	header := func(context string) string { return "traceparent: " + parent + "\nx-laminar-span-context: " + context }
	for name, tc := range map[string]struct {
		text  string
		kinds []string
	}{
		"agreement":             {header(serialized), nil},
		"another trace":         {header(strings.Replace(serialized, "929d0e0e4736", "929d0e0e4737", 1)), []string{"trace_id"}},
		"high half missing":     {header(strings.Replace(serialized, "4bf92f35-77b3-4da6", "00000000-0000-0000", 1)), nil},
		"another parent":        {header(strings.Replace(serialized, "02b7", "02b8", 1)), []string{"span_id"}},
		"another decision":      {header(serialized[:len(serialized)-1] + `,"traceFlags":0}`), []string{"sampled"}},
		"no decision":           {"traceparent: " + parent[:54] + "0\nlaminar-span-context: " + serialized, nil},
		"apart, another format": {parent + "\n" + strings.Replace(serialized, "4736", "4737", 1), []string{"trace_id"}},
		"apart, the same one":   {parent + "\n" + otherParent, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := Text(tc.text)
			var kinds []string
			for _, x := range d.Disagreements {
				kinds = append(kinds, x.Kind)
			}
			if diff := cmp.Diff(tc.kinds, kinds); diff != "" {
				t.Errorf("%v (-want +got):\n%s", tell(d), diff)
			}
		})
	}
}

// What is told of one carrier is what the SDK does with it.
func TestTheEffectIsWhatTheSDKDoes(t *testing.T) {
	values := map[string][]string{
		"traceparent":            {"", parent, otherParent, parent[:54], strings.ToUpper(parent), strings.Replace(parent, "02b7", "02b8", 1)},
		"tracestate":             {"", "a=1", "=", "a"},
		"x-laminar-span-context": {"", serialized, quote(serialized), url.QueryEscape(serialized), "{}", strings.Replace(serialized, "4736", "4737", 1)},
		"b3":                     {"", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", "0", "nonsense-1"},
		"uber-trace-id":          {"", "a3ce929d0e0e4736:00f067aa0ba902b7:0:1", "4bf9:1:2"},
	}
	for _, tp := range values["traceparent"] {
		for _, ts := range values["tracestate"] {
			for _, lam := range values["x-laminar-span-context"] {
				for _, b3 := range values["b3"] {
					for _, jaeger := range values["uber-trace-id"] {
						m := propagators.Map{}
						var text strings.Builder
						for _, kv := range [][2]string{{"traceparent", tp}, {"tracestate", ts}, {"x-laminar-span-context", lam}, {"b3", b3}, {"uber-trace-id", jaeger}} {
							if kv[1] != "" {
								m[kv[0]] = kv[1]
								fmt.Fprintf(&text, "%s: %s\n", kv[0], kv[1])
							}
						}
						d := Text(text.String())
						ctx := propagators.All().Extract(stdcontext.Background(), m)
						want, got := trace.SpanContextFromContext(ctx), ""
						for _, c := range d.Contexts {
							if c.Effect == effectContinue {
								got += c.TraceID.Hex + c.SpanID.Hex
							}
						}
						if want.IsValid() != (got != "") || want.IsValid() && got != want.TraceID().String()+want.SpanID().String() {
							t.Fatalf("%s\nthe SDK continues %v, told is %q", text.String(), want, tell(d))
						}
						refused := 0
						for _, c := range d.Contexts {
							refused += len(c.Problems)
						}
						if refused != len(propagators.Refusals(ctx)) {
							t.Fatalf("%s\nthe SDK notes %v, told is %q", text.String(), propagators.Refusals(ctx), tell(d))
						}
					}
				}
			}
		}
	}
}
