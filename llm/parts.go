package llm

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// The role/parts form of messages: gen-ai-input-messages.json and its siblings in OpenTelemetry's conventions.

// jsonMessage is a message in that form.
type jsonMessage struct {
	Role         string     `json:"role"`
	Name         string     `json:"name,omitempty"`
	Parts        []jsonPart `json:"parts"`
	FinishReason string     `json:"finish_reason,omitempty"`
}

// jsonPart is a part in that form; which members it has depends on its type.
type jsonPart struct {
	Type      string          `json:"type"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
	Response  json.RawMessage `json:"response,omitempty"`
	Modality  string          `json:"modality,omitempty"`
	MIMEType  string          `json:"mime_type,omitempty"`
	Content   *string         `json:"content,omitempty"`
	FileID    string          `json:"file_id,omitempty"`
	URI       string          `json:"uri,omitempty"`

	other json.RawMessage // instead of all these
}

func (p jsonPart) MarshalJSON() ([]byte, error) {
	if p.other != nil {
		return p.other, nil
	}
	type plain jsonPart
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(plain(p))
	return b.Bytes(), err
}

func messagesJSON(messages []Message) []jsonMessage {
	out := make([]jsonMessage, len(messages))
	for i, m := range messages {
		out[i] = jsonMessage{Role: m.Role, Name: m.Name, Parts: partsJSON(m.Parts), FinishReason: m.FinishReason}
	}
	return out
}

func partsJSON(parts []Part) []jsonPart {
	out := make([]jsonPart, 0, len(parts))
	for _, p := range parts {
		switch p := p.(type) {
		case Text:
			out = append(out, jsonPart{Type: "text", Content: new(string(p))})
		case Reasoning:
			out = append(out, jsonPart{Type: "reasoning", Content: new(string(p))})
		case ToolCall:
			out = append(out, jsonPart{Type: "tool_call", ID: p.ID, Name: p.Name, Arguments: textOrJSON(p.Arguments)})
		case ToolResult:
			out = append(out, jsonPart{Type: "tool_call_response", ID: p.ID, Response: textOrJSON(p.Result)})
		case Blob:
			out = append(out, jsonPart{Type: "blob", Modality: p.Modality, MIMEType: p.MIMEType, Content: &p.Base64})
		case File:
			out = append(out, jsonPart{Type: "file", Modality: p.Modality, MIMEType: p.MIMEType, FileID: p.ID})
		case URI:
			out = append(out, jsonPart{Type: "uri", Modality: p.Modality, MIMEType: p.MIMEType, URI: p.URI})
		case Other:
			if isObject(p) {
				out = append(out, jsonPart{other: json.RawMessage(p)})
			} else {
				out = append(out, jsonPart{Type: "text", Content: new(string(p))})
			}
		}
	}
	return out
}

// textOrJSON writes an object or array as itself and every other text as a JSON string, so that plainText gives back the
// text, except for spaces between tokens.
func textOrJSON(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	if t := strings.TrimLeft(s, space); t != "" && (t[0] == '{' || t[0] == '[') && embeddable([]byte(s)) {
		return json.RawMessage(s)
	}
	return json.RawMessage(marshal(s))
}

func plainText(raw json.RawMessage) string {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return compact(raw)
}

func compact(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

const space = " \t\r\n"

func isObject(raw []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(raw, space), []byte("{")) && embeddable(raw)
}

// deep is near the 10,000 levels of nesting that encoding/json goes down.
const deep = 9000

// embeddable reports whether raw is JSON that still can be read inside a message.
func embeddable(raw []byte) bool {
	if bytes.Count(raw, []byte("{"))+bytes.Count(raw, []byte("[")) < deep {
		return json.Valid(raw)
	}
	const levels = 16 // more than there are around a part
	return json.Valid(slices.Concat(bytes.Repeat([]byte("["), levels), raw, bytes.Repeat([]byte("]"), levels)))
}

func asMessages(v attribute.Value) ([]Message, bool) {
	var in []struct {
		Role         string            `json:"role"`
		Name         string            `json:"name"`
		Parts        []json.RawMessage `json:"parts"`
		FinishReason string            `json:"finish_reason"`
	}
	if v.Type() != attribute.STRING || json.Unmarshal([]byte(v.AsString()), &in) != nil || len(in) == 0 {
		return nil, false
	}
	out := make([]Message, len(in))
	for i, m := range in {
		out[i] = Message{Role: m.Role, Name: m.Name, Parts: partsOf(m.Parts), FinishReason: m.FinishReason}
	}
	return out, true
}

func asParts(v attribute.Value) ([]Part, bool) {
	var in []json.RawMessage
	if v.Type() != attribute.STRING || json.Unmarshal([]byte(v.AsString()), &in) != nil || len(in) == 0 {
		return nil, false
	}
	return partsOf(in), true
}

func partsOf(in []json.RawMessage) []Part {
	var out []Part
	for _, raw := range in {
		out = append(out, partOf(raw))
	}
	return out
}

// partOf reads one part. One of an unknown type, or whose members are not what its type says, is kept whole.
func partOf(raw json.RawMessage) Part {
	var p jsonPart
	if json.Unmarshal(raw, &p) != nil {
		return Other(compact(raw))
	}
	var content string
	if p.Content != nil {
		content = *p.Content
	}
	switch p.Type {
	case "text":
		return Text(content)
	case "reasoning":
		return Reasoning(content)
	case "tool_call":
		return ToolCall{ID: p.ID, Name: p.Name, Arguments: plainText(p.Arguments)}
	case "tool_call_response":
		if p.Response == nil {
			p.Response = olderResult(raw)
		}
		return ToolResult{ID: p.ID, Result: plainText(p.Response)}
	case "blob":
		return Blob{Modality: p.Modality, MIMEType: p.MIMEType, Base64: content}
	case "file":
		return File{Modality: p.Modality, MIMEType: p.MIMEType, ID: p.FileID}
	case "uri":
		return URI{Modality: p.Modality, MIMEType: p.MIMEType, URI: p.URI}
	}
	return Other(compact(raw))
}

// olderResult reads what the first drafts of the convention called a response.
func olderResult(raw json.RawMessage) json.RawMessage {
	var older struct {
		Result json.RawMessage `json:"result"`
	}
	_ = json.Unmarshal(raw, &older) // it was an object before
	return older.Result
}

// jsonTool is a tool definition in the form of the conventions.
type jsonTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
}

func toolsJSON(tools []Tool) []any {
	out := make([]any, len(tools))
	for i, t := range tools {
		if isObject(t.Definition) {
			out[i] = t.Definition
			continue
		}
		if t.Type == "" {
			t.Type = "function"
		}
		if !embeddable(t.Parameters) {
			t.Parameters = nil
		}
		out[i] = jsonTool{Type: t.Type, Name: t.Name, Description: t.Description, Parameters: t.Parameters}
	}
	return out
}

func asTools(v attribute.Value) ([]Tool, bool) {
	var in []json.RawMessage
	if v.Type() != attribute.STRING || json.Unmarshal([]byte(v.AsString()), &in) != nil || len(in) == 0 {
		return nil, false
	}
	out := make([]Tool, len(in))
	for i, raw := range in {
		var t jsonTool
		err := json.Unmarshal(raw, &t)
		out[i] = Tool{Type: t.Type, Name: t.Name, Description: t.Description}
		if err == nil && t.Type == "function" {
			if t.Parameters != nil {
				out[i].Parameters = json.RawMessage(compact(t.Parameters))
			}
		} else {
			out[i].Definition = json.RawMessage(compact(raw))
		}
	}
	return out, true
}

// marshal writes JSON that is as short as it can be. What is given to it always has a JSON form; if it had not, the
// attribute would be empty.
func marshal(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ""
	}
	return valid(strings.TrimSuffix(b.String(), "\n"))
}
