package llm

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// The forms of messages as encoding/json writes them, which is what the writer is held against.

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
