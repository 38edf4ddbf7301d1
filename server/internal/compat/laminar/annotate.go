package laminar

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// accepted is what a call was about, ids in Laminar's form. The SDKs pass it on
// to their callers.
type accepted struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
}

// postTags adds tags to a span, or to the top of a trace.
func (h *Handler) postTags(w http.ResponseWriter, r *http.Request) (any, error) {
	var call struct {
		target
		Names []string `json:"names"`
	}
	if err := read(w, r, &call); err != nil {
		return nil, err
	}
	if len(call.Names) == 0 {
		return nil, invalid("names", "names is missing or empty: it lists the tags")
	}
	return h.annotate(r, call.target, trace.AnnotationEvent, map[string]any{trace.TagsKey: call.Names})
}

// postMetadata adds metadata to the top of a trace; a key that is there gets the
// new value.
func (h *Handler) postMetadata(w http.ResponseWriter, r *http.Request) (any, error) {
	var call struct {
		target
		Metadata map[string]any `json:"metadata"`
	}
	if err := read(w, r, &call); err != nil {
		return nil, err
	}
	if len(call.Metadata) == 0 {
		return nil, invalid("metadata", "metadata is missing or empty")
	}
	attributes := make(map[string]any, len(call.Metadata))
	for k, v := range call.Metadata {
		attributes[trace.MetadataPrefix+k] = v
	}
	return h.annotate(r, call.target, trace.AnnotationEvent, attributes)
}

// postScore adds the result of an evaluation to a span, or to the top of a trace.
func (h *Handler) postScore(w http.ResponseWriter, r *http.Request) (any, error) {
	var call struct {
		target
		Name     string         `json:"name"`
		Score    *float64       `json:"score"`
		Source   string         `json:"source"`
		Metadata map[string]any `json:"metadata"`
	}
	if err := read(w, r, &call); err != nil {
		return nil, err
	}
	if call.Name == "" || call.Score == nil {
		return nil, invalid("score", "name or score is missing")
	}
	attributes := map[string]any{trace.ScoreName: call.Name, trace.ScoreValue: *call.Score, trace.ScoreSource: call.Source}
	for k, v := range call.Metadata {
		attributes[trace.MetadataPrefix+k] = v
	}
	return h.annotate(r, call.target, trace.ScoreEvent, attributes)
}

// annotate sends a log record that annotates the span which t names.
func (h *Handler) annotate(r *http.Request, t target, event string, attributes map[string]any) (any, error) {
	id, span, err := h.find(r.Context(), t)
	if err != nil {
		return nil, err
	}
	record := map[string]any{
		"traceId": id.String(), "spanId": span.String(), "eventName": event,
		"timeUnixNano": nanoseconds(h.now()), "attributes": keyValues(attributes),
	}
	if err := h.send(r, "logs", "resourceLogs", "scopeLogs", "logRecords", []any{record}); err != nil {
		return nil, err
	}
	return accepted{uuidOf(id.String()), uuidOf(span.String())}, nil
}

// send wraps items into a request of OTLP/JSON.
func (h *Handler) send(r *http.Request, signal, top, mid, leaf string, items []any) error {
	body, err := json.Marshal(map[string]any{top: []any{map[string]any{
		"resource": map[string]any{"attributes": keyValues(map[string]any{"service.name": serviceName})},
		mid:        []any{map[string]any{"scope": map[string]any{"name": scopeName}, leaf: items}},
	}}})
	if err != nil {
		return err
	}
	refused, reason, err := h.Receive(r.Context(), signal, body)
	if err == nil && refused > 0 {
		err = invalid("", "%s", reason)
	}
	return err
}

// What stands for the sender, who does not say.
const (
	serviceName = "laminar-client"
	scopeName   = "laminar-api"
)

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }
