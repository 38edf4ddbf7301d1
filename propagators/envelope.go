package propagators

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Envelope carries a context inside the payload, for queues without headers and for work that is stored:
//
//	{"trace_context":{"traceparent":"00-…"},"payload":…}
type Envelope struct {
	Context Map             `json:"trace_context"`
	Payload json.RawMessage `json:"payload"`
}

// Seal puts payload, which must be JSON, beside an empty context that Inject can fill; json.Marshal of the result is
// the message.
func Seal(payload json.RawMessage) Envelope { return Envelope{Context: Map{}, Payload: payload} }

// Open reads what was sealed. A message that is no envelope, such as one from before there were any, is all payload and
// has no context.
func Open(message []byte) Envelope {
	var fields map[string]json.RawMessage
	if json.Unmarshal(message, &fields) != nil {
		return Envelope{Payload: message}
	}
	payload, sealed := fields["payload"]
	_, withContext := fields["trace_context"]
	if !sealed || !withContext || len(fields) != 2 {
		return Envelope{Payload: message}
	}
	out := Envelope{Payload: payload}
	var carried map[string]any
	if json.Unmarshal(fields["trace_context"], &carried) == nil {
		out.Context = Map{}
		for name, value := range carried {
			if value, ok := value.(string); ok {
				out.Context[name] = value
			}
		}
	}
	return out
}

// Column is a serialized context in a database column of text, JSON or bytes that may be NULL:
//
//	db.ExecContext(ctx, "INSERT INTO job (span_context) VALUES ($1)", propagators.Column(clew.Serialize(ctx)))
//
// and back: scan into a *Column and give its string to clew.Continue.
type Column string

// Value implements driver.Valuer; the empty Column is NULL.
func (c Column) Value() (driver.Value, error) {
	if c == "" {
		return nil, nil
	}
	return string(c), nil
}

// Scan implements sql.Scanner. What a text means is not judged here; only a value that is no text is an error.
func (c *Column) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c = ""
	case string:
		*c = Column(v)
	case []byte:
		*c = Column(v)
	default:
		return fmt.Errorf("propagators: a column of type %T holds no span context; use one of text, JSON or bytes", value)
	}
	return nil
}
