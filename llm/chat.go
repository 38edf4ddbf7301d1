package llm

import (
	"encoding/json"
	"slices"
	"strings"
)

// The chat form of messages, the one of OpenAI's chat completions. UIs know it best.

type chatMessage struct {
	Role       string         `json:"role"`
	Name       string         `json:"name,omitempty"`
	Content    any            `json:"content"` // string, []any or nil
	Reasoning  string         `json:"reasoning_content,omitempty"`
	ToolCalls  []chatToolCall `json:"tool_calls,omitempty"`
	ToolCallID string         `json:"tool_call_id,omitempty"`
}

type chatToolCall struct {
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// conversation is what the model was given, with the system instructions as a first message.
func conversation(c Call) []chatMessage {
	var out []chatMessage
	if len(c.System) > 0 {
		out = chatMessages([]Message{{Role: RoleSystem, Parts: c.System}})
	}
	return append(out, chatMessages(c.Input)...)
}

// chatMessages writes messages in chat form. A message with several tool results becomes several, because the form
// has one result a message.
func chatMessages(messages []Message) []chatMessage {
	out := make([]chatMessage, 0, len(messages))
	for _, m := range messages {
		head, results := chatMessageOf(m)
		if len(results) == 0 || head.Content != nil || head.ToolCalls != nil || head.Reasoning != "" {
			out = append(out, head)
		}
		out = append(out, results...)
	}
	return out
}

func chatMessageOf(m Message) (head chatMessage, results []chatMessage) {
	head = chatMessage{Role: m.Role, Name: m.Name}
	var content []any
	for _, p := range m.Parts {
		switch p := p.(type) {
		case Text:
			content = append(content, map[string]any{"type": "text", "text": string(p)})
		case Reasoning:
			head.Reasoning += string(p)
		case ToolCall:
			head.ToolCalls = append(head.ToolCalls, chatToolCall{
				ID: p.ID, Type: "function", Function: chatFunction{Name: p.Name, Arguments: p.Arguments},
			})
		case ToolResult:
			results = append(results, chatMessage{
				Role: RoleTool, Name: m.Name, Content: p.Result, ToolCallID: p.ID,
			})
		case Blob:
			content = append(content, chatMedia(p.Modality, "data:"+p.MIMEType+";base64,"+p.Base64))
		case URI:
			content = append(content, chatMedia(p.Modality, p.URI))
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
	if text, only := onlyText(m.Parts); only {
		head.Content = text
	} else if len(content) > 0 {
		head.Content = content
	}
	return head, results
}

// onlyText returns the text of a message whose content is a single one, which is then not written as a list.
func onlyText(parts []Part) (text string, only bool) {
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

func chatMedia(modality, url string) map[string]any {
	kind := "image_url"
	if modality != "" && modality != "image" {
		kind = strings.ToLower(modality) + "_url"
	}
	return map[string]any{"type": kind, kind: map[string]any{"url": url}}
}
