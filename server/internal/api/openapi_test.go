package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

func loadDescription(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheDescriptionAndTheTableHaveTheSameRoutes(t *testing.T) {
	var described, served []string
	for path, item := range loadDescription(t).Paths.Map() {
		for method, op := range item.Operations() {
			described = append(described, method+" "+path+" "+op.OperationID)
		}
	}
	for _, rt := range routes {
		served = append(served, rt.method+" "+rt.pattern+" "+rt.id)
	}
	slices.Sort(described)
	slices.Sort(served)
	if diff := cmp.Diff(served, described); diff != "" {
		t.Errorf("routes (-table +openapi.yaml):\n%s", diff)
	}
}

// concrete is a path for each pattern at which the fixture has something.
var concrete = map[string]string{
	"/traces/{trace_id}":                              "/traces/" + wholeTrace.String(),
	"/traces/{trace_id}/spans/{span_id}":              "/traces/" + wholeTrace.String() + "/spans/" + spanID(2).String(),
	"/traces/{trace_id}/transcript":                   "/traces/" + wholeTrace.String() + "/transcript",
	"/traces/{trace_id}/spans/{span_id}/media/{hash}": "/traces/" + wholeTrace.String() + "/spans/" + spanID(2).String() + "/media/x",
	"/sessions/{session_id}":                          "/sessions/chat%2F7%20%C3%A4",
}

func TestEndpointsKnowTheParametersThatAreDescribed(t *testing.T) {
	doc := loadDescription(t)
	srv := newServer(t, fixtureSpans()...)
	for _, rt := range routes {
		t.Run(rt.id, func(t *testing.T) {
			var described []string
			for _, p := range doc.Paths.Find(rt.pattern).GetOperation(rt.method).Parameters {
				if p.Value.In == "query" {
					described = append(described, p.Value.Name)
				}
			}
			path := rt.pattern
			if c := concrete[path]; c != "" {
				path = c
			}
			query := "?%21=1"
			if rt.pattern == "/values" {
				query += "&field=name"
			}
			resp, body := srv.get(t, rt.method, path+query)
			var e struct {
				Error struct{ Message, Field string }
			}
			if err := json.Unmarshal(body, &e); err != nil || resp.StatusCode != http.StatusBadRequest || e.Error.Field != "!" {
				t.Fatalf("an unknown parameter got %d %s; want 400 naming it", resp.StatusCode, body)
			}
			var known []string
			if _, list, ok := strings.Cut(e.Error.Message, "known here: "); ok {
				known = strings.Split(list, ", ")
			}
			slices.Sort(described)
			slices.Sort(known)
			if diff := cmp.Diff(known, described); diff != "" {
				t.Errorf("parameters (-handler +openapi.yaml):\n%s", diff)
			}
		})
	}
}

func TestAnswersAreAsDescribed(t *testing.T) {
	doc := loadDescription(t)
	srv := newServer(t, fixtureSpans()...)
	whole, broken, bare := wholeTrace.String(), brokenTrace.String(), bareTrace.String()
	tests := []struct {
		route, path string
		status      int
	}{
		{"/traces", "/traces", 200},
		{"/traces", "/traces?limit=1", 200},
		{"/traces", "/traces?q=nothing+has+this", 200},
		{"/traces", "/traces?status=bad", 400},
		{"/traces/{trace_id}", "/traces/" + whole, 200},
		{"/traces/{trace_id}", "/traces/" + whole + "?outline=1", 200},
		{"/traces/{trace_id}", "/traces/" + broken, 200},
		{"/traces/{trace_id}", "/traces/" + broken + "?outline=1", 200},
		{"/traces/{trace_id}", "/traces/" + bare, 200},
		{"/traces/{trace_id}", "/traces/ffffffffffffffffffffffffffffffff", 404},
		{"/traces/{trace_id}", "/traces/x", 400},
		{"/traces/{trace_id}/spans/{span_id}", "/traces/" + whole + "/spans/" + spanID(2).String(), 200},
		{"/traces/{trace_id}/spans/{span_id}", "/traces/" + whole + "/spans/" + spanID(2).String() + "?explain=1", 200},
		{"/traces/{trace_id}/spans/{span_id}", "/traces/" + broken + "/spans/" + spanID(4).String() + "?twin=1", 200},
		{"/traces/{trace_id}/spans/{span_id}", "/traces/" + whole + "/spans/ffffffffffffffff", 404},
		{"/spans", "/spans?limit=0", 400},
		{"/spans", "/spans?q=sort:duration", 200},
		{"/spans", "/spans?q=sort:spans", 400},
		{"/traces/{trace_id}/transcript", "/traces/" + whole + "/transcript", 200},
		{"/traces/{trace_id}/transcript", "/traces/" + whole + "/transcript?span=" + spanID(2).String(), 200},
		{"/traces/{trace_id}/transcript", "/traces/" + broken + "/transcript?offset=9", 200},
		{"/traces/{trace_id}/transcript", "/traces/" + whole + "/transcript?limit=201", 400},
		{"/traces/{trace_id}/transcript", "/traces/ffffffffffffffffffffffffffffffff/transcript", 404},
		{"/traces/{trace_id}/spans/{span_id}/media/{hash}", "/traces/" + whole + "/spans/" + spanID(2).String() + "/media/x", 404},
		{"/sessions", "/sessions", 200},
		{"/sessions", "/sessions?user=nobody", 200},
		{"/sessions/{session_id}", "/sessions/chat%2F7%20%C3%A4", 200},
		{"/sessions/{session_id}", "/sessions/none", 404},
		{"/aggregate", "/aggregate", 200},
		{"/aggregate", "/aggregate?by=model&width=1h&sort=cost&top=1", 200},
		{"/aggregate", "/aggregate?by=user&buckets=10&q=service:none", 200},
		{"/aggregate", "/aggregate?width=1ms&from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z", 400},
		{"/aggregate", "/aggregate?by=colour", 400},
		{"/values", "/values?field=service", 200},
		{"/values", "/values?field=type&prefix=none", 200},
		{"/values", "/values", 400},
		{"/complete", "/complete?q=ser", 200},
		{"/complete", "/complete?q=service:", 200},
		{"/sql", "/sql", 200},
		{"/status", "/status", 200},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			resp, body := srv.get(t, http.MethodGet, tt.path)
			if resp.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", resp.StatusCode, tt.status, body)
			}
			responses := doc.Paths.Find(tt.route).Get.Responses
			described := responses.Status(tt.status)
			if described == nil {
				described = responses.Default()
			}
			var v any
			if err := json.Unmarshal(body, &v); err != nil {
				t.Fatalf("body %s: %v", body, err)
			}
			if err := described.Value.Content["application/json"].Schema.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
				t.Errorf("%s\nis not as described: %v", body, err)
			}
		})
	}
}

func TestTheDescriptionIsStrict(t *testing.T) {
	doc := loadDescription(t)
	srv := newServer(t, fixtureSpans()...)
	_, body := srv.get(t, http.MethodGet, concrete["/traces/{trace_id}"])
	tests := map[string]func(trace, span map[string]any){
		"a field too many":         func(trace, _ map[string]any) { trace["extra"] = 1 },
		"a field too many in span": func(_, span map[string]any) { span["extra"] = 1 },
		"a field too few":          func(_, span map[string]any) { delete(span, "cost") },
		"a null where text is":     func(_, span map[string]any) { span["name"] = nil },
		"an unknown value type":    func(_, span map[string]any) { span["resource"].([]any)[0].(map[string]any)["type"] = "text" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			var v map[string]any
			if err := json.Unmarshal(body, &v); err != nil {
				t.Fatal(err)
			}
			spoil(v, v["spans"].([]any)[0].(map[string]any))
			if err := doc.Components.Schemas["Trace"].Value.VisitJSON(any(v)); err == nil {
				t.Error("the description accepts it")
			}
		})
	}
}

func TestTheDescriptionIsServed(t *testing.T) {
	resp, body := newServer(t).get(t, http.MethodGet, "/openapi.yaml")
	if resp.StatusCode != http.StatusOK || string(body) != string(description) || resp.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("status %d, %s, %d bytes", resp.StatusCode, resp.Header.Get("Content-Type"), len(body))
	}
}
