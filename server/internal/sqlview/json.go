package sqlview

import (
	"bytes"
	"encoding/json"

	"github.com/clewhq/clew/server/internal/trace"
)

// asJSON is NULL when there is nothing to write.
func asJSON(empty bool, v any) any {
	if empty {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
}

// plainAttributes is attributes as an object: of a key that comes twice the last
// value counts, bytes are base64, NaN and infinities are strings.
func plainAttributes(as []trace.Attribute) map[string]any {
	out := make(map[string]any, len(as))
	for _, a := range as {
		out[a.Key] = a.Value.Plain()
	}
	return out
}

func attributesJSON(as []trace.Attribute) any { return asJSON(len(as) == 0, plainAttributes(as)) }

func eventsJSON(events []trace.Event) any {
	list := make([]map[string]any, len(events))
	for i, e := range events {
		list[i] = map[string]any{"name": e.Name, "time": timeText(e.Time), "attributes": plainAttributes(e.Attributes)}
	}
	return asJSON(len(list) == 0, list)
}

func linksJSON(links []trace.Link) any {
	list := make([]map[string]any, len(links))
	for i, l := range links {
		list[i] = map[string]any{"trace_id": l.TraceID.String(), "span_id": l.SpanID.String(), "attributes": plainAttributes(l.Attributes)}
	}
	return asJSON(len(list) == 0, list)
}
