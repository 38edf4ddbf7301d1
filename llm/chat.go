package llm

import (
	"strings"
)

// The chat form of messages, the one of OpenAI's chat completions. UIs know it best.

type chatMessage struct {
	role, name string
	content    []Part // Text, Blob, URI, File and Other
	list       bool   // write it as a list, even if it is one text
	reasoning  string
	calls      []ToolCall
	callID     string // of a tool's result
}

// conversation is what the model was given, with the system instructions as a first message.
func conversation(c Call) []chatMessage {
	var out []chatMessage
	if len(c.System) > 0 {
		out = chatMessages([]Message{{Role: RoleSystem, Parts: c.System}})
	}
	return append(out, chatMessages(c.Input)...)
}

// chatMessages puts messages in chat form. A message with several tool results becomes several, because the form has one
// result a message.
func chatMessages(messages []Message) []chatMessage {
	out := make([]chatMessage, 0, len(messages))
	for _, m := range messages {
		head, results := chatMessageOf(m)
		if len(results) == 0 || len(head.content) > 0 || len(head.calls) > 0 || head.reasoning != "" {
			out = append(out, head)
		}
		out = append(out, results...)
	}
	return out
}

func chatMessageOf(m Message) (head chatMessage, results []chatMessage) {
	head = chatMessage{role: m.Role, name: m.Name}
	for _, p := range m.Parts {
		switch p := p.(type) {
		case Reasoning:
			head.reasoning += string(p)
		case ToolCall:
			head.calls = append(head.calls, p)
		case ToolResult:
			results = append(results, chatMessage{
				role: RoleTool, name: m.Name, content: []Part{Text(p.Result)}, callID: p.ID,
			})
		case Text, Blob, URI, File, Other:
			head.content = append(head.content, p)
		default: // a part of somebody else's
			head.list = true
		}
	}
	return head, results
}

func (w *writer) conversation(messages []chatMessage) {
	w.list(func() {
		for _, m := range messages {
			w.chatMessage(m)
		}
	})
}

func (w *writer) chatMessage(m chatMessage) {
	w.object(func() {
		w.member("role", m.role)
		w.optional("name", m.name)
		w.chatContent(m.content, m.list)
		w.optional("reasoning_content", m.reasoning)
		if len(m.calls) > 0 {
			w.name("tool_calls").list(func() {
				for _, c := range m.calls {
					w.chatToolCall(c)
				}
			})
		}
		w.optional("tool_call_id", m.callID)
	})
}

// chatContent writes the content, which is not a list where it is a single text.
func (w *writer) chatContent(parts []Part, list bool) {
	w.name("content")
	if len(parts) == 0 {
		w.null()
		return
	}
	if text, ok := parts[0].(Text); ok && len(parts) == 1 && !list {
		w.text(string(text))
		return
	}
	w.list(func() {
		for _, p := range parts {
			w.chatPart(p)
		}
	})
}

func (w *writer) chatPart(p Part) {
	switch p := p.(type) {
	case Text:
		w.object(func() { w.member("text", string(p)); w.member("type", "text") })
	case Blob:
		w.chatMedia(p.Modality, "data:"+p.MIMEType+";base64,"+p.Base64)
	case URI:
		w.chatMedia(p.Modality, p.URI)
	case File:
		w.object(func() {
			w.name("file").object(func() { w.member("file_id", p.ID) })
			w.member("type", "file")
		})
	case Other:
		if isObject(p) {
			w.json(p)
		} else {
			w.chatPart(Text(p))
		}
	}
}

func (w *writer) chatMedia(modality, url string) {
	kind := "image_url"
	if modality != "" && modality != "image" {
		kind = strings.ToLower(modality) + "_url"
	}
	w.object(func() {
		at := func() { w.name(kind).object(func() { w.member("url", url) }) }
		if kind < "type" { // members are in the order of their names
			at()
		}
		w.member("type", kind)
		if kind > "type" {
			at()
		}
	})
}

func (w *writer) chatToolCall(c ToolCall) {
	w.object(func() {
		w.optional("id", c.ID)
		w.member("type", "function")
		w.name("function").object(func() {
			w.member("name", c.Name)
			w.member("arguments", c.Arguments)
		})
	})
}
