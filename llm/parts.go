package llm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// The role/parts form of messages: gen-ai-input-messages.json and its siblings in OpenTelemetry's conventions.

// messages writes a list of messages in that form.
func (w *writer) messages(messages []Message) {
	w.list(func() {
		for _, m := range messages {
			w.object(func() {
				w.member("role", m.Role)
				w.optional("name", m.Name)
				w.name("parts").parts(m.Parts)
				w.optional("finish_reason", m.FinishReason)
			})
		}
	})
}

func (w *writer) parts(parts []Part) {
	w.list(func() {
		for _, p := range parts {
			w.part(p)
		}
	})
}

func (w *writer) part(p Part) {
	switch p := p.(type) {
	case Text:
		w.object(func() { w.member("type", "text"); w.member("content", string(p)) })
	case Reasoning:
		w.object(func() { w.member("type", "reasoning"); w.member("content", string(p)) })
	case ToolCall:
		w.object(func() {
			w.member("type", "tool_call")
			w.optional("id", p.ID)
			w.optional("name", p.Name)
			w.textOrJSON("arguments", p.Arguments)
		})
	case ToolResult:
		w.object(func() {
			w.member("type", "tool_call_response")
			w.optional("id", p.ID)
			w.textOrJSON("response", p.Result)
		})
	case Blob:
		w.object(func() { w.media("blob", p.Modality, p.MIMEType); w.member("content", p.Base64) })
	case File:
		w.object(func() { w.media("file", p.Modality, p.MIMEType); w.optional("file_id", p.ID) })
	case URI:
		w.object(func() { w.media("uri", p.Modality, p.MIMEType); w.optional("uri", p.URI) })
	case Other:
		if isObject(p) {
			w.json(p)
		} else {
			w.part(Text(p))
		}
	}
}

// media writes the members that all parts of media have.
func (w *writer) media(kind, modality, mime string) {
	w.member("type", kind)
	w.optional("modality", modality)
	w.optional("mime_type", mime)
}

// textOrJSON writes an object or array as itself and every other text as a JSON string, so that plainText gives back the
// text, except for spaces between tokens. Without a text there is no member.
func (w *writer) textOrJSON(name, s string) {
	if t := strings.TrimLeft(s, space); t != "" && (t[0] == '{' || t[0] == '[') && embeddable([]byte(s)) {
		w.name(name).json([]byte(s))
	} else {
		w.optional(name, s)
	}
}

// jsonPart is what is read of a part in that form; which members it has depends on its type.
type jsonPart struct {
	Type      string          `json:"type"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Response  json.RawMessage `json:"response"`
	Modality  string          `json:"modality"`
	MIMEType  string          `json:"mime_type"`
	Content   *string         `json:"content"`
	FileID    string          `json:"file_id"`
	URI       string          `json:"uri"`
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

// tools writes a list of tool definitions in the form of the conventions.
func (w *writer) tools(tools []Tool) {
	w.list(func() {
		for _, t := range tools {
			w.tool(t)
		}
	})
}

func (w *writer) tool(t Tool) {
	if isObject(t.Definition) {
		w.json(t.Definition)
		return
	}
	w.object(func() {
		w.member("type", cmp.Or(t.Type, "function"))
		w.optional("name", t.Name)
		w.optional("description", t.Description)
		if embeddable(t.Parameters) {
			w.name("parameters").json(t.Parameters)
		}
	})
}

// jsonTool is what is read of a tool definition.
type jsonTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
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
