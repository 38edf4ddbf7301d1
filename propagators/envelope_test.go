package propagators_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

func TestEnvelope(t *testing.T) {
	sealed := propagators.Seal(json.RawMessage(`{"order":7}`))
	ctx := trace.ContextWithSpanContext(context.Background(), spanContext(t))
	propagators.All().Inject(ctx, sealed.Context)
	message, err := json.Marshal(sealed)
	if err != nil {
		t.Fatal(err)
	}
	opened := propagators.Open(message)
	if string(opened.Payload) != `{"order":7}` || !trace.SpanContextFromContext(propagators.All().Extract(context.Background(), opened.Context)).IsValid() {
		t.Errorf("%s opens as %+v", message, opened)
	}
	for _, plain := range []string{``, `7`, `{"order":7}`, `{"payload":1}`, `{"payload":1,"trace_context":{},"more":2}`, `not JSON`, `[]`} {
		if got := propagators.Open([]byte(plain)); string(got.Payload) != plain || got.Context != nil {
			t.Errorf("%s opens as %+v", plain, got)
		}
	}
	odd := propagators.Open([]byte(`{"payload":null,"trace_context":{"traceparent":1,"b3":"0"}}`))
	if diff := cmp.Diff(propagators.Map{"b3": "0"}, odd.Context); diff != "" {
		t.Error(diff)
	}
	if got := propagators.Open([]byte(`{"payload":1,"trace_context":[]}`)); string(got.Payload) != "1" || got.Context != nil {
		t.Errorf("%+v", got)
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"trace_context":{"traceparent":"` + traceparent + `"},"payload":{"a":1}}`))
	f.Add([]byte(`{"trace_context":[],"payload":null}`))
	f.Add([]byte(`{"payload":1,"payload":2,"trace_context":{"b3":0}}`))
	f.Add([]byte("no JSON"))
	f.Fuzz(func(t *testing.T, message []byte) {
		opened := propagators.Open(message)
		propagators.All().Extract(t.Context(), opened.Context)
		if !json.Valid(message) && string(opened.Payload) != string(message) {
			t.Errorf("payload %q of %q, which is no envelope", opened.Payload, message)
		}
		again, err := json.Marshal(propagators.Envelope{Context: propagators.Map{}, Payload: opened.Payload})
		if err != nil { // what was all payload may be no JSON
			return
		}
		if got := propagators.Open(again); got.Context == nil {
			t.Errorf("%s is no envelope", again)
		}
	})
}
