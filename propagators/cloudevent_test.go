package propagators_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/propagators"
)

func TestACloudEventHasNamesThatCloudEventsAllows(t *testing.T) {
	attributes := propagators.CloudEvent{"Trace-Parent": "old", "partitionkey": "k"}
	ctx := propagators.All().Extract(t.Context(), propagators.Map{"traceparent": traceparent, "x-laminar-span-context": rich})
	propagators.All().Inject(ctx, attributes)
	if diff := cmp.Diff([]string{"partitionkey", "traceparent", "xlaminarspancontext"}, slices.Sorted(slices.Values(attributes.Keys()))); diff != "" {
		t.Errorf("names (-want +got)\n%s", diff)
	}
	if got := attributes.Get("X-Laminar-Span-Context"); got == "" || attributes.Get("laminar") != "" || attributes.Get("partitionkeys") != "" {
		t.Errorf("got %q", got)
	}
	propagators.CloudEvent(nil).Set("traceparent", traceparent) // has no effect
}
