package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/decode"
	"github.com/clewhq/clew/server/internal/trace"
)

func traceparent(id trace.TraceID, span trace.SpanID) string {
	return "00-" + id.String() + "-" + span.String() + "-01"
}

func TestDecodeSaysWhatIsStoredOfAContext(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	type stored struct {
		Trace   string
		Spans   []string
		Sharing []string
		Link    string
	}
	whole, broken, half := wholeTrace.String(), brokenTrace.String(), halfTrace.String()
	unknown := trace.TraceID{7, 15: 7}
	for name, tc := range map[string]struct {
		text string
		want stored
	}{
		"the trace and the span":                 {traceparent(wholeTrace, spanID(2)), stored{"POST /chat", []string{"planner openai.chat"}, []string{}, "/traces/" + whole + "?span=" + spanID(2).String()}},
		"the trace without the span":             {traceparent(wholeTrace, spanID(77)), stored{"POST /chat", nil, []string{}, "/traces/" + whole}},
		"two spans that share the id":            {traceparent(brokenTrace, spanID(4)), stored{"root", []string{"a call", "b serve"}, []string{half}, "/traces/" + broken + "?span=" + spanID(4).String()}},
		"neither":                                {traceparent(unknown, spanID(1)), stored{"", nil, []string{}, ""}},
		"half of an id that two traces end with": {traceparent(trace.TraceID{2, 8: 9, 9: 9, 10: 9, 11: 9, 12: 9, 13: 9, 14: 9, 15: 9}, spanID(1)), stored{"", nil, []string{half, broken}, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := srv.Decode(t.Context(), "INFO traceparent="+tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Contexts) != 1 || d.Contexts[0].Stored == nil || !d.Store.Asked || d.Store.Reason != "" {
				t.Fatalf("want one context that was looked for: %+v", d)
			}
			s := d.Contexts[0].Stored
			got := stored{Sharing: s.Sharing, Link: s.Link}
			if s.Trace != nil {
				got.Trace = s.Trace.Name
			}
			for _, span := range s.Spans {
				got.Spans = append(got.Spans, span.Service+" "+span.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeAnswersAsDescribed(t *testing.T) {
	doc := loadDescription(t)
	srv := newServer(t, fixtureSpans()...)
	whole := traceparent(wholeTrace, spanID(2))
	for name, text := range map[string]string{
		"nothing": "", "a stored context": whole, "a broken one": whole[:54] + "x",
		"many":               "traceparent: " + whole + "\ntracestate: a=1\nb3: 0\nbaggage: a=1,b\nmirascope-session-id: s\nuber-trace-id: 1:2:0:3\n",
		"a serialized one":   `{"traceId":"` + wholeTrace.String() + `","spanId":"x","metadata":{"a":[1,"\ud800"]}}`,
		"what is not UTF-8":  "mirascope-session-id: \xff\xfe\nX-Laminar-Span-Context: {\"\xff",
		"an optional field":  `{"traceId":"` + wholeTrace.String() + `","spanId":"` + spanID(2).String() + `","userId":7,"sessionId":"s","spanPath":["a"],"metadata":{"a":{"b":null}}}`,
		"two that disagree":  "traceparent: " + whole + "\nb3: a3ce929d0e0e4736-00f067aa0ba902b7",
		"more than are told": strings.Repeat("uber-trace-id:1", 9000),
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+base+"/decode", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := srv.HTTP.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			var v any
			if err := json.NewDecoder(resp.Body).Decode(&v); err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %v", resp.StatusCode, err)
			}
			schema := doc.Paths.Find("/decode").Post.Responses.Status(http.StatusOK).Value.Content["application/json"].Schema.Value
			if err := schema.VisitJSON(v, openapi3.MultiErrors()); err != nil {
				t.Errorf("%v\nis not as described: %v", v, err)
			}
		})
	}
}

func TestDecodeRefusesATextThatIsTooLong(t *testing.T) {
	srv := newServer(t)
	if _, err := srv.Decode(t.Context(), strings.Repeat("x", decode.MaxText)); err != nil {
		t.Errorf("the longest text: %v", err)
	}
	_, err := srv.Decode(t.Context(), strings.Repeat("x", decode.MaxText+1))
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusRequestEntityTooLarge || refused.Code != "too_large" {
		t.Errorf("one byte more: %v", err)
	}
	resp, _ := srv.get(t, http.MethodGet, "/decode")
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != http.MethodPost {
		t.Errorf("GET: %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}
