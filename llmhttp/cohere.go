package llmhttp

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/clewhq/clew/llm"
)

// cohereChat is Cohere's chat API, version 2. Its messages have the form of OpenAI's.
var cohereChat = provider{
	api:       "cohere-chat",
	paths:     []string{"/v2/chat"},
	vendor:    "cohere",
	operation: llm.Chat,
	ours:      hasMembers("model", "messages"),
	request:   cohereRequest,
	response:  cohereResponse,
	stream:    cohereStream,
	framing:   sse,
	shape:     &shape{texts: []string{"text", "thinking", "arguments"}},
}

func cohereRequest(c *llm.Call, u *url.URL, body []byte) bool {
	if !chatRequest(c, u, body) {
		return false
	}
	var own struct {
		P             decimal         `json:"p"`
		K             integer         `json:"k"`
		StopSequences json.RawMessage `json:"stop_sequences"`
	}
	unmarshalPrefix(body, &own)
	c.Params.TopP, c.Params.TopK, c.Params.StopSequences = own.P.value, own.K.value, stringOrList(own.StopSequences)
	return true
}

// cohereUsage counts tokens as the model saw them, and those that are paid for, which leaves out what Cohere adds.
type cohereUsage struct {
	Tokens struct {
		Input  integer `json:"input_tokens"`
		Output integer `json:"output_tokens"`
	} `json:"tokens"`
	Cached integer `json:"cached_tokens"`
}

func (u *cohereUsage) usage() llm.Usage {
	return llm.Usage{Input: u.Tokens.Input.count(), Output: u.Tokens.Output.count(), CacheRead: u.Cached.count()}
}

func cohereResponse(c *llm.Call, body []byte) outcome {
	var r struct {
		ID           string        `json:"id"`
		FinishReason string        `json:"finish_reason"`
		Message      openAIMessage `json:"message"`
		Usage        cohereUsage   `json:"usage"`
	}
	if !unmarshal(body, &r) {
		return outcome{}
	}
	setText(&c.ResponseID, r.ID)
	c.Usage = r.Usage.usage()
	m := r.Message.message()
	m.FinishReason = r.FinishReason
	answered(c, m)
	return outcome{complete: true}
}

// cohereDraft puts the events of a stream together. Texts and tool calls are numbered apart.
type cohereDraft struct {
	call  *llm.Call
	out   outcome
	stop  string
	texts pieces[block]
	tools pieces[block]
}

func cohereStream(c *llm.Call) draft { return &cohereDraft{call: c} }

type cohereEvent struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Index int64  `json:"index"`
	Delta struct {
		Error        string      `json:"error"`
		FinishReason string      `json:"finish_reason"`
		Usage        cohereUsage `json:"usage"`
		Message      struct {
			Content struct {
				Text     string `json:"text"`
				Thinking string `json:"thinking"`
			} `json:"content"`
			ToolCalls openAIToolCall `json:"tool_calls"` // one
		} `json:"message"`
	} `json:"delta"`
}

func (d *cohereDraft) add(e event) bool {
	var c cohereEvent
	if !unmarshal(e.data, &c) {
		return true // cut off, or not for us
	}
	content, call := c.Delta.Message.Content, c.Delta.Message.ToolCalls.call()
	switch c.Type {
	case "message-start":
		setText(&d.call.ResponseID, c.ID)
	case "content-start", "content-delta":
		if b := d.texts.at(c.Index); b != nil {
			b.text.WriteString(content.Text)
			b.reasoning.WriteString(content.Thinking)
		}
	case "tool-call-start", "tool-call-delta":
		if b := d.tools.at(c.Index); b != nil {
			b.isTool = true
			setText(&b.tool.ID, call.ID)
			setText(&b.tool.Name, call.Name)
			b.arguments.WriteString(call.Arguments)
		}
	case "message-end":
		d.out.complete = true
		d.stop = c.Delta.FinishReason
		d.call.Usage = c.Delta.Usage.usage()
		if c.Delta.Error != "" {
			d.out.err = &apiError{kind: c.Delta.FinishReason, message: c.Delta.Error}
		}
	}
	return true
}

func (d *cohereDraft) textOf(e event, text string) *strings.Builder {
	var c cohereEvent
	if !fits(e.data, &c) {
		return nil
	}
	content, call := c.Delta.Message.Content, c.Delta.Message.ToolCalls.call()
	switch c.Type {
	case "content-delta":
		if b := d.texts.at(c.Index); b != nil {
			return b.only(text, content.Text, content.Thinking, "")
		}
	case "tool-call-delta":
		if b := d.tools.at(c.Index); b != nil && call.ID == "" && call.Name == "" {
			return b.only(text, "", "", call.Arguments)
		}
	}
	return nil
}

func (d *cohereDraft) finish() outcome {
	m := messageOf(&d.texts, llm.RoleAssistant, d.stop)
	m.Parts = append(m.Parts, messageOf(&d.tools, "", "").Parts...)
	if len(m.Parts) > 0 || d.stop != "" {
		answered(d.call, m)
	}
	return d.out
}
