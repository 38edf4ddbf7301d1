package propagators_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/propagators"
)

// meaning is a context in a form to compare.
type meaning struct {
	TraceID, SpanID       string
	Path, IDsPath         []string
	User, Session         string
	Metadata              map[string]any
	TraceType, TraceLevel string
}

func meaningOf(c propagators.Carried) meaning {
	m := meaning{
		TraceID: c.SpanContext.TraceID().String(), SpanID: c.SpanContext.SpanID().String(),
		Path: c.Path, IDsPath: c.IDsPath, User: c.User, Session: c.Session,
		Metadata: map[string]any{}, TraceType: c.TraceType, TraceLevel: c.TracingLevel,
	}
	for _, kv := range c.Metadata {
		m.Metadata[string(kv.Key)] = plain(kv.Value)
	}
	return m
}

// plain makes of an attribute what JSON made of the original.
func plain(v attribute.Value) any {
	text, err := json.Marshal(v.AsInterface())
	if err != nil {
		return err.Error()
	}
	if v.Type() == attribute.STRING && strings.ContainsAny(v.AsString(), "{[") {
		text = []byte(v.AsString())
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return err.Error()
	}
	return out
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("testdata/laminar/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestEveryContextThatAnSDKSerializedMeansToUsWhatItMeansToIt(t *testing.T) {
	var vectors []struct {
		Name, SDK  string
		Serialized *string
		Expected   *struct {
			TraceID  string         `json:"trace_id_hex"`
			SpanID   string         `json:"span_id_hex"`
			Path     []string       `json:"span_path"`
			IDsPath  []string       `json:"span_ids_path"`
			User     string         `json:"user_id"`
			Session  string         `json:"session_id"`
			Metadata map[string]any `json:"metadata"`
			Type     string         `json:"trace_type"`
			Level    string         `json:"tracing_level"`
		}
	}
	// Python repeats an ids path that cannot be one; here it is left out.
	wrongIDsPath := []string{"python/span_ids_path_not_uuids", "python/span_ids_path_wrong_last"}

	readVectors(t, "contexts.json", &vectors)
	read := 0
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			if v.Expected == nil || v.Serialized == nil {
				if v.Serialized != nil && *v.Serialized != "" {
					t.Fatalf("a vector without meaning has text %q", *v.Serialized)
				}
				return // the SDK had no span to serialize
			}
			read++
			got, refusal := propagators.All().Parse(*v.Serialized)
			if refusal != nil {
				t.Fatal(refusal)
			}
			want := meaning{
				TraceID: v.Expected.TraceID, SpanID: v.Expected.SpanID,
				Path: v.Expected.Path, IDsPath: v.Expected.IDsPath,
				User: v.Expected.User, Session: v.Expected.Session,
				Metadata: v.Expected.Metadata, TraceType: v.Expected.Type, TraceLevel: v.Expected.Level,
			}
			for i, name := range wrongIDsPath {
				if v.Name == name {
					want.IDsPath = nil
					wrongIDsPath[i] = ""
					if len(got.Refused) != 1 || got.Refused[0].Field != "spanIdsPath" {
						t.Errorf("refused %v, want one refusal of spanIdsPath", got.Refused)
					}
				}
			}
			equal(t, meaningOf(got), want)

			again, refusal := propagators.All().Parse(propagators.WriteLaminar(got))
			if refusal != nil {
				t.Fatalf("what was written cannot be read: %v", refusal)
			}
			equal(t, meaningOf(again), want)
		})
	}
	if read < 50 {
		t.Errorf("only %d vectors were read", read)
	}
	if left := strings.Join(wrongIDsPath, ""); left != "" {
		t.Errorf("no such vector: %s", left)
	}
}

func equal(t *testing.T, got, want meaning) {
	t.Helper()
	if len(want.Metadata) == 0 {
		want.Metadata = map[string]any{}
	}
	for key, value := range want.Metadata {
		if value == nil {
			want.Metadata[key] = "null" // as Laminar's SDK writes it on a span
		}
	}
	for _, path := range []*[]string{&got.Path, &got.IDsPath, &want.Path, &want.IDsPath} {
		if len(*path) == 0 {
			*path = nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// acceptedBeyondTypeScript are inputs that Laminar's TypeScript ignores and this package uses, each on purpose.
var acceptedBeyondTypeScript = map[string]string{
	"trace_id_hex32":        "32 hex digits without dashes: Python accepts them, and they are no other id",
	"span_id_hex16":         "16 hex digits, as W3C and OTLP write a span id",
	"both_plain_hex":        "both of these",
	"trace_id_uppercase":    "RFC 9562 reads both cases; Python does too",
	"span_id_uppercase":     "the same",
	"trace_id_braced":       "a UUID in braces, as Windows writes it; Python accepts it",
	"obj_otel_span_context": "OpenTelemetry's span context as JSON",
	"w3c_traceparent":       "another format, which Continue knows",
	"b3_single":             "another format, which Continue knows",
	"base64_json":           "some queues carry nothing else",
	"url_encoded_json":      "a query parameter or cookie",
}

// leftOut are optional fields that TypeScript passes on as they are, and that are left out here because a reader of the
// next hop would choke on them; by vector, the field.
var leftOut = map[string]string{
	"span_path_string": "spanPath", "span_path_numbers": "spanPath", "span_path_mixed": "spanPath", "span_path_nested": "spanPath",
	"span_ids_path_not_uuids": "spanIdsPath", "user_id_number": "userId", "user_id_object": "userId",
	"session_id_array": "sessionId", "metadata_string": "metadata", "metadata_array": "metadata", "metadata_number": "metadata",
	"trace_type_number": "traceType", "span_path_huge_5000": "spanPath", "metadata_huge": "metadata.big",
}

// shortened rebuilds the inputs that the vector file had no room for.
func shortened(t *testing.T, name string) string {
	const ids = `{"spanId":"00000000-0000-0000-fedc-ba9876543210","traceId":"01234567-89ab-cdef-0123-456789abcdef"`
	switch name {
	case "span_path_huge_5000":
		var names, spans []string
		for i := range 5000 {
			names = append(names, fmt.Sprintf("%q", fmt.Sprint("n", i)))
			spans = append(spans, fmt.Sprintf(`"00000000-0000-0000-0000-%012x"`, i+1))
		}
		return ids + `,"spanPath":[` + strings.Join(names, ",") + `],"spanIdsPath":[` + strings.Join(spans, ",") + `],"userId":"u","sessionId":"s"}`
	case "metadata_huge":
		return ids + `,"userId":"u","sessionId":"s","metadata":{"big":"` + strings.Repeat("x", 200_000) + `","k":"v"}}`
	case "deeply_nested":
		return `{"traceId":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`
	}
	t.Fatalf("%s: shortened in the vector file and not rebuilt here", name)
	return ""
}

func TestMalformedInputIsContinuedOrRefusedAsListed(t *testing.T) {
	var vectors []struct {
		Name      string
		Input     json.RawMessage
		SDKResult map[string]json.RawMessage `json:"sdk_result"`
	}
	readVectors(t, "malformed.json", &vectors)
	if len(vectors) < 60 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	names := map[string]bool{}
	for _, v := range vectors {
		names[v.Name] = true
	}
	for _, table := range []map[string]string{acceptedBeyondTypeScript, leftOut} {
		for name := range table {
			if !names[name] {
				t.Errorf("no vector is called %s", name)
			}
		}
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			var result struct {
				Outcome string
				TraceID string `json:"trace_id_hex"`
				SpanID  string `json:"parent_span_id_hex"`
				Session any    `json:"session_id"`
				User    any    `json:"user_id"`
			}
			if err := json.Unmarshal(v.SDKResult["startSpan"], &result); err != nil {
				t.Fatal(err)
			}
			var text string
			var cut struct{ Truncated bool }
			if json.Unmarshal(v.Input, &text) != nil {
				text = string(v.Input)
				if json.Unmarshal(v.Input, &cut) == nil && cut.Truncated {
					text = shortened(t, v.Name)
				}
			}

			got, refusal := propagators.All().Parse(text)
			_, beyond := acceptedBeyondTypeScript[v.Name]
			if continued := result.Outcome == "continued expected trace"; !continued && !beyond {
				if refusal == nil {
					t.Fatalf("continued as %+v, want a refusal", got)
				}
				if refusal.Reason == "" || got.Valid() {
					t.Errorf("refusal without reason, or with a context: %+v %+v", refusal, got)
				}
				return
			}
			if refusal != nil {
				t.Fatal(refusal)
			}
			if id := got.SpanContext.TraceID().String(); id != "0123456789abcdef0123456789abcdef" {
				t.Errorf("trace id %s", id)
			}
			if id := got.SpanContext.SpanID().String(); id != "fedcba9876543210" {
				t.Errorf("span id %s", id)
			}
			if beyond {
				return
			}
			field := leftOut[v.Name]
			refused := ""
			for _, r := range got.Refused {
				if r.Field == field {
					refused = field
				}
			}
			if refused != field || field == "" && len(got.Refused) > 0 {
				t.Errorf("left out %v, want %q", got.Refused, field)
			}
			if want, ok := result.Session.(string); ok && got.Session != want {
				t.Errorf("session %q, want %q", got.Session, want)
			}
			if want, ok := result.User.(string); ok && got.User != want {
				t.Errorf("user %q, want %q", got.User, want)
			}
		})
	}
}
