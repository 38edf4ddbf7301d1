package llm

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
)

// FuzzWriter holds the writer of messages against the same forms written by encoding/json, which stand below.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07"), "user", "a text", "image", `{"type": "x", "y": [ 1 ]}`)
	f.Add([]byte("\x00\x80\x02\x80\x03\x80\x08"), "", "\x00\"\\\n\xff\u2028 <é>", "", "\xff")
	f.Add([]byte("\x02\x03\x03\x84\x84\x85\x86\x87"), "tool", `{"a": "`+"\xff\xfe"+`"}`, "vi<deo", ` [1, "\u00e9"] `)
	f.Add([]byte("\x00\x08\x80\x08"), "assistant", "", "TYP", "{")
	f.Fuzz(func(t *testing.T, kinds []byte, a, b, c, d string) {
		sameByEncodingJSON(t, callOf(kinds, a, b, c, d))
	})
}

func TestWhatIsNestedTooDeepIsWrittenAsText(t *testing.T) {
	deep := strings.Repeat("[", 9990) + strings.Repeat("]", 9990)
	sameByEncodingJSON(t, callOf([]byte{7, 2, 3}, "x", deep, "", `{"a":`+deep+"}"))
}

func sameByEncodingJSON(t *testing.T, call Call) {
	t.Helper()
	want := map[attribute.Key]string{}
	if len(call.Input) > 0 {
		want[SystemInstructionsKey] = refMarshal(refPartsJSON(call.System))
		want[InputMessagesKey] = refMarshal(refMessagesJSON(call.Input))
		want[OutputMessagesKey] = refMarshal(refMessagesJSON(call.Output))
		want[ToolDefinitionsKey] = refMarshal(refToolsJSON(call.Tools))
		want[SpanInputKey] = refMarshal(refConversation(call))
		want[SpanOutputKey] = refMarshal(refChatMessages(call.Output))
	}
	if answers := refChatMessages(call.Output); len(answers) == 1 {
		want[SpanOutputKey] = refMarshal(answers[0])
	}
	got := map[attribute.Key]string{}
	for _, kv := range appendContent(nil, call) {
		got[kv.Key] = kv.Value.AsString()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("encoding/json and the writer differ (-want +got):\n%s", diff)
	}
}

// callOf makes a call in which each kind is a part, of a new message if its high bit is set.
func callOf(kinds []byte, a, b, c, d string) Call {
	var messages []Message
	for i, kind := range kinds {
		p := []Part{
			Text(b), Reasoning(b), ToolCall{ID: a, Name: c, Arguments: b}, ToolResult{ID: a, Result: d},
			Blob{Modality: c, MIMEType: a, Base64: b}, File{Modality: c, MIMEType: a, ID: b}, URI{Modality: c, MIMEType: a, URI: b},
			Other(d), nil, ToolCall{Arguments: d},
		}[int(kind&0x7F)%10]
		if i == 0 || kind >= 0x80 {
			messages = append(messages, Message{Role: a, Name: c})
		}
		last := &messages[len(messages)-1]
		last.Parts = append(last.Parts, p)
	}
	call := Call{Input: messages}
	if len(messages) > 0 {
		call.System = messages[0].Parts
		call.Output = append(slices.Clone(messages[1:]), Message{Role: a, Parts: messages[0].Parts, FinishReason: b})
		call.Tools = []Tool{{Type: a, Name: b, Description: c, Parameters: json.RawMessage(d)}, {Definition: json.RawMessage(d)}}
	}
	return call
}

func TestWritingMessagesTakesFewAllocations(t *testing.T) {
	call := Call{Input: []Message{User("What is it?")}, Output: []Message{Assistant(strings.Repeat("It is so. ", 400))}}
	room := make([]attribute.KeyValue, 0, 8)
	if n := testing.AllocsPerRun(100, func() { appendContent(room, call) }); n > maxWriteAllocs {
		t.Errorf("%v allocations, want at most %d", n, maxWriteAllocs)
	}
}

// maxWriteAllocs: for each of three attributes its text and its value, for each message in chat form its content and the list that
// it is in, and a writer and its buffer as it grows if there is none in the pool.
const maxWriteAllocs = 16

// refJSONMessage is a message in that form.
type refJSONMessage struct {
	Role         string        `json:"role"`
	Name         string        `json:"name,omitempty"`
	Parts        []refJSONPart `json:"parts"`
	FinishReason string        `json:"finish_reason,omitempty"`
}

// refJSONPart is a part in that form; which members it has depends on its type.
type refJSONPart struct {
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

func (p refJSONPart) MarshalJSON() ([]byte, error) {
	if p.other != nil {
		return p.other, nil
	}
	type plain refJSONPart
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(plain(p))
	return b.Bytes(), err
}

func refMessagesJSON(messages []Message) []refJSONMessage {
	out := make([]refJSONMessage, len(messages))
	for i, m := range messages {
		out[i] = refJSONMessage{Role: m.Role, Name: m.Name, Parts: refPartsJSON(m.Parts), FinishReason: m.FinishReason}
	}
	return out
}

func refPartsJSON(parts []Part) []refJSONPart {
	out := make([]refJSONPart, 0, len(parts))
	for _, p := range parts {
		switch p := p.(type) {
		case Text:
			out = append(out, refJSONPart{Type: "text", Content: new(string(p))})
		case Reasoning:
			out = append(out, refJSONPart{Type: "reasoning", Content: new(string(p))})
		case ToolCall:
			out = append(out, refJSONPart{Type: "tool_call", ID: p.ID, Name: p.Name, Arguments: refTextOrJSON(p.Arguments)})
		case ToolResult:
			out = append(out, refJSONPart{Type: "tool_call_response", ID: p.ID, Response: refTextOrJSON(p.Result)})
		case Blob:
			out = append(out, refJSONPart{Type: "blob", Modality: p.Modality, MIMEType: p.MIMEType, Content: &p.Base64})
		case File:
			out = append(out, refJSONPart{Type: "file", Modality: p.Modality, MIMEType: p.MIMEType, FileID: p.ID})
		case URI:
			out = append(out, refJSONPart{Type: "uri", Modality: p.Modality, MIMEType: p.MIMEType, URI: p.URI})
		case Other:
			if isObject(p) {
				out = append(out, refJSONPart{other: json.RawMessage(p)})
			} else {
				out = append(out, refJSONPart{Type: "text", Content: new(string(p))})
			}
		}
	}
	return out
}

// refTextOrJSON writes an object or array as itself and every other text as a JSON string, so that plainText gives back the
// text, except for spaces between tokens.
func refTextOrJSON(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	if t := strings.TrimLeft(s, space); t != "" && (t[0] == '{' || t[0] == '[') && embeddable([]byte(s)) {
		return json.RawMessage(s)
	}
	return json.RawMessage(refMarshal(s))
}

// refJSONTool is a tool definition in the form of the conventions.
type refJSONTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
}

func refToolsJSON(tools []Tool) []any {
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
		out[i] = refJSONTool{Type: t.Type, Name: t.Name, Description: t.Description, Parameters: t.Parameters}
	}
	return out
}

// refMarshal writes v as short as it can be.
func refMarshal(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ""
	}
	return valid(strings.TrimSuffix(b.String(), "\n"))
}

type refChatMessage struct {
	Role       string            `json:"role"`
	Name       string            `json:"name,omitempty"`
	Content    any               `json:"content"` // string, []any or nil
	Reasoning  string            `json:"reasoning_content,omitempty"`
	ToolCalls  []refChatToolCall `json:"tool_calls,omitempty"`
	ToolCallID string            `json:"tool_call_id,omitempty"`
}

type refChatToolCall struct {
	ID       string          `json:"id,omitempty"`
	Type     string          `json:"type"`
	Function refChatFunction `json:"function"`
}

type refChatFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// refConversation is what the model was given, with the system instructions as a first message.
func refConversation(c Call) []refChatMessage {
	var out []refChatMessage
	if len(c.System) > 0 {
		out = refChatMessages([]Message{{Role: RoleSystem, Parts: c.System}})
	}
	return append(out, refChatMessages(c.Input)...)
}

// refChatMessages writes messages in chat form. A message with several tool results becomes several, because the form
// has one result a message.
func refChatMessages(messages []Message) []refChatMessage {
	out := make([]refChatMessage, 0, len(messages))
	for _, m := range messages {
		head, results := refChatMessageOf(m)
		if len(results) == 0 || head.Content != nil || head.ToolCalls != nil || head.Reasoning != "" {
			out = append(out, head)
		}
		out = append(out, results...)
	}
	return out
}

func refChatMessageOf(m Message) (head refChatMessage, results []refChatMessage) {
	head = refChatMessage{Role: m.Role, Name: m.Name}
	var content []any
	for _, p := range m.Parts {
		switch p := p.(type) {
		case Text:
			content = append(content, map[string]any{"type": "text", "text": string(p)})
		case Reasoning:
			head.Reasoning += string(p)
		case ToolCall:
			head.ToolCalls = append(head.ToolCalls, refChatToolCall{
				ID: p.ID, Type: "function", Function: refChatFunction{Name: p.Name, Arguments: p.Arguments},
			})
		case ToolResult:
			results = append(results, refChatMessage{
				Role: RoleTool, Name: m.Name, Content: p.Result, ToolCallID: p.ID,
			})
		case Blob:
			content = append(content, refChatMedia(p.Modality, "data:"+p.MIMEType+";base64,"+p.Base64))
		case URI:
			content = append(content, refChatMedia(p.Modality, p.URI))
		case File:
			content = append(content, map[string]any{"type": "file", "file": map[string]any{"file_id": p.ID}})
		case Other:
			if isObject(p) {
				content = append(content, json.RawMessage(p))
			} else {
				content = append(content, map[string]any{"type": "text", "text": string(p)})
			}
		}
	}
	if text, only := refOnlyText(m.Parts); only {
		head.Content = text
	} else if len(content) > 0 {
		head.Content = content
	}
	return head, results
}

// refOnlyText returns the text of a message whose content is a single one, which is then not written as a list.
func refOnlyText(parts []Part) (text string, only bool) {
	said := slices.DeleteFunc(slices.Clone(parts), func(p Part) bool {
		switch p.(type) {
		case Reasoning, ToolCall, ToolResult:
			return true
		}
		return false
	})
	if len(said) != 1 {
		return "", false
	}
	t, ok := said[0].(Text)
	return string(t), ok
}

func refChatMedia(modality, url string) map[string]any {
	kind := "image_url"
	if modality != "" && modality != "image" {
		kind = strings.ToLower(modality) + "_url"
	}
	return map[string]any{"type": kind, kind: map[string]any{"url": url}}
}
