package laminar

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// sentSpan is a finished span as POST /v1/spans takes it. Ids are UUIDs and times
// RFC 3339; an id that is missing is made up and told in the answer.
type sentSpan struct {
	Name         string         `json:"name"`
	SpanType     string         `json:"spanType"`
	StartTime    time.Time      `json:"startTime"`
	EndTime      time.Time      `json:"endTime"`
	Input        any            `json:"input"`
	Output       any            `json:"output"`
	Attributes   map[string]any `json:"attributes"`
	TraceID      string         `json:"traceId"`
	SpanID       string         `json:"spanId"`
	ParentSpanID string         `json:"parentSpanId"`
}

// postSpans takes spans from programs that have no OTLP exporter. All are stored
// or none.
func (h *Handler) postSpans(w http.ResponseWriter, r *http.Request) (any, error) {
	var sent []sentSpan
	if err := read(w, r, &sent); err != nil {
		return nil, err
	}
	answer, spans := make([]accepted, len(sent)), make([]any, len(sent))
	for i := range sent {
		span, err := sent[i].otlp()
		if err != nil {
			return nil, invalid(fmt.Sprintf("[%d]", i), "span %d, %.80q: %v", i, sent[i].Name, err)
		}
		spans[i] = span
		answer[i] = accepted{uuidOf(span["traceId"].(string)), uuidOf(span["spanId"].(string))}
	}
	if len(spans) > 0 {
		if err := h.send(r, "traces", "resourceSpans", "scopeSpans", "spans", spans); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// otlp writes s as a span of OTLP/JSON.
func (s *sentSpan) otlp() (map[string]any, error) {
	id, span, parent := randomTrace(), randomSpan(), trace.SpanID{}
	var err error
	if s.TraceID != "" {
		id, err = trace.ParseTraceID(s.TraceID)
	}
	if err == nil && s.SpanID != "" {
		span, err = trace.ParseSpanID(s.SpanID)
	}
	if err == nil && s.ParentSpanID != "" {
		parent, err = trace.ParseSpanID(s.ParentSpanID)
	}
	if err == nil && (s.StartTime.IsZero() || s.EndTime.IsZero()) {
		err = fmt.Errorf("startTime or endTime is missing")
	}
	if err != nil {
		return nil, err
	}
	attributes := map[string]any{}
	for k, v := range s.Attributes {
		attributes[k] = v
	}
	for key, v := range map[string]any{"lmnr.span.input": s.Input, "lmnr.span.output": s.Output} {
		if v == nil {
			continue
		}
		text, isText := v.(string)
		if !isText {
			encoded, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			text = string(encoded)
		}
		attributes[key] = text
	}
	if s.SpanType != "" {
		attributes["lmnr.span.type"] = s.SpanType
	}
	out := map[string]any{
		"traceId": id.String(), "spanId": span.String(), "name": s.Name,
		"startTimeUnixNano": nanoseconds(s.StartTime), "endTimeUnixNano": nanoseconds(s.EndTime),
		"attributes": keyValues(attributes),
	}
	if !parent.IsZero() {
		out["parentSpanId"] = parent.String()
	}
	return out, nil
}

func randomTrace() (id trace.TraceID) { _, _ = rand.Read(id[:]); return id }
func randomSpan() (id trace.SpanID)   { _, _ = rand.Read(id[:]); return id }

// uuidOf writes hex digits as Laminar does: in the form of a UUID, padded with
// zeros on the left.
func uuidOf(hex string) string {
	h := fmt.Sprintf("%032s", hex)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
