package propagators_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

// list is n elements with commas between.
func list(n int, elem func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = elem(i)
	}
	return strings.Join(all, ",")
}

// laminarWith is a carrier with a Laminar context that has one more member.
func laminarWith(member string) propagators.Map {
	return propagators.Map{"x-laminar-span-context": strings.TrimSuffix(minimal, "}") + "," + member + "}"}
}

// Each cap of what is read: as much as it says is used, one more is refused with a reason that a program can read, and nothing
// but that is left out.
func TestWhatIsReadIsCapped(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	w3c := func(more propagators.Map) propagators.Map {
		more["traceparent"] = traceparent
		return more
	}
	for name, tc := range map[string]struct {
		most   int
		of     func(n int) propagators.Map
		field  string
		reason propagators.Reason
		whole  bool // all of the format is refused, and with it the parent
	}{
		"MaxText": {propagators.MaxText, func(n int) propagators.Map {
			return laminarWith(`"x":"` + x(n-len(minimal)-len(`,"x":""`)) + `"`)
		}, "", propagators.ReasonTooLong, true},
		"MaxText, in base64 of its own": {propagators.MaxText, func(n int) propagators.Map {
			return propagators.Map{"x-laminar-span-context": "eyJ" + x(n-3)}
		}, "", propagators.ReasonTooLong, true},
		"MaxNesting": {propagators.MaxNesting, func(n int) propagators.Map {
			return laminarWith(`"x":` + strings.Repeat("[", n) + strings.Repeat("]", n))
		}, "", propagators.ReasonTooDeep, true},
		"MaxPathElements of names": {propagators.MaxPathElements, func(n int) propagators.Map {
			return laminarWith(`"spanPath":[` + list(n, func(i int) string { return `"` + strconv.Itoa(i) + `"` }) + `]`)
		}, "spanPath", propagators.ReasonTooMany, false},
		"MaxPathElements of ids": {propagators.MaxPathElements, func(n int) propagators.Map {
			return laminarWith(`"spanIdsPath":[` + list(n, func(int) string { return `"` + spanUUID + `"` }) + `]`)
		}, "spanIdsPath", propagators.ReasonTooMany, false},
		"MaxPathElement": {propagators.MaxPathElement, func(n int) propagators.Map {
			return laminarWith(`"spanPath":["` + x(n) + `"]`)
		}, "spanPath", propagators.ReasonTooLong, false},
		"MaxID of a user": {propagators.MaxID, func(n int) propagators.Map {
			return laminarWith(`"userId":"` + x(n) + `"`)
		}, "userId", propagators.ReasonTooLong, false},
		"MaxID of a session": {propagators.MaxID, func(n int) propagators.Map {
			return laminarWith(`"sessionId":"` + x(n) + `"`)
		}, "sessionId", propagators.ReasonTooLong, false},
		"MaxID of a session header": {propagators.MaxID, func(n int) propagators.Map {
			return w3c(propagators.Map{"mirascope-session-id": x(n)})
		}, "session", propagators.ReasonTooLong, false},
		"MaxMetadataKeys": {propagators.MaxMetadataKeys, func(n int) propagators.Map {
			return laminarWith(`"metadata":{` + list(n, func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }) + `}`)
		}, "metadata.k" + strconv.Itoa(propagators.MaxMetadataKeys), propagators.ReasonTooMany, false},
		"MaxMetadataKey": {propagators.MaxMetadataKey, func(n int) propagators.Map {
			return laminarWith(`"metadata":{"` + x(n) + `":1}`)
		}, "metadata." + x(propagators.MaxMetadataKey), propagators.ReasonTooLong, false},
		"MaxMetadataValue": {propagators.MaxMetadataValue, func(n int) propagators.Map {
			return laminarWith(`"metadata":{"k":"` + x(n-2) + `"}`)
		}, "metadata.k", propagators.ReasonTooLong, false},
		"MaxMetadata": {propagators.MaxMetadata, func(n int) propagators.Map {
			const parts = 8
			return laminarWith(`"metadata":{` + list(parts, func(i int) string {
				size := propagators.MaxMetadata / parts
				if i == parts-1 {
					size += n - propagators.MaxMetadata
				}
				return fmt.Sprintf(`"%d":"%s"`, i, x(size-3))
			}) + `}`)
		}, "metadata.7", propagators.ReasonTooLong, false},
		"members of a tracestate": {32, func(n int) propagators.Map {
			return w3c(propagators.Map{"tracestate": list(n, func(i int) string { return fmt.Sprintf("k%d=1", i) })})
		}, "tracestate", propagators.ReasonTooMany, false},
		"a key of a tracestate": {256, func(n int) propagators.Map {
			return w3c(propagators.Map{"tracestate": x(n) + "=1"})
		}, "tracestate", propagators.ReasonSyntax, false},
		"a value of a tracestate": {256, func(n int) propagators.Map {
			return w3c(propagators.Map{"tracestate": "k=" + x(n)})
		}, "tracestate", propagators.ReasonSyntax, false},
		"MaxTraceState": {propagators.MaxTraceState - 1, func(n int) propagators.Map {
			return w3c(propagators.Map{"tracestate": "k=1" + strings.Repeat(",", n-3)})
		}, "tracestate", propagators.ReasonTooLong, false},
		"MaxBaggage": {propagators.MaxBaggage, func(n int) propagators.Map {
			return w3c(propagators.Map{"baggage": "k=" + x(n-2)})
		}, "baggage", propagators.ReasonTooLong, false},
		"MaxBaggageMembers": {propagators.MaxBaggageMembers, func(n int) propagators.Map {
			return w3c(propagators.Map{"baggage": list(n, func(i int) string { return fmt.Sprintf("k%d=1", i) })})
		}, "baggage", propagators.ReasonTooMany, false},
		"entries of Jaeger's baggage": {propagators.MaxBaggageMembers, func(n int) propagators.Map {
			out := propagators.Map{"uber-trace-id": traceHex + ":" + spanHex + ":0:1"}
			for i := range n {
				out[fmt.Sprintf("uberctx-%d", i)] = "x"
			}
			return out
		}, "baggage", propagators.ReasonTooMany, false},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(n int) (trace.SpanContext, []propagators.Refusal) {
				ctx := propagators.All().Extract(context.Background(), tc.of(n))
				return trace.SpanContextFromContext(ctx), propagators.Refusals(ctx)
			}
			if !strings.Contains(name, "base64") {
				if sc, refused := read(tc.most); !sc.IsValid() || len(refused) > 0 {
					t.Errorf("%d are refused: %v", tc.most, refused)
				}
			}
			sc, refused := read(tc.most + 1)
			if sc.IsValid() == tc.whole {
				t.Errorf("of one more the parent is %v", sc)
			}
			if len(refused) != 1 || refused[0].Reason != tc.reason || refused[0].Field != tc.field {
				t.Errorf("of one more is refused %+v", refused)
			}
		})
	}
}
