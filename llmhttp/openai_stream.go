package llmhttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/clewhq/clew/llm"
)

// openAIChunk is the data of one event of a stream.
type openAIChunk struct {
	openAIHead
	Choices []struct {
		Index        int64         `json:"index"`
		Text         string        `json:"text"` // of a text completion
		Delta        openAIMessage `json:"delta"`
		FinishReason string        `json:"finish_reason"`
	} `json:"choices"`
}

// chatShape: obfuscation is OpenAI's padding.
var chatShape = &shape{
	texts: []string{"content", "reasoning_content", "reasoning", "arguments"}, noise: []string{"obfuscation"},
}

var doneMark = []byte("[DONE]")

// chatDraft puts the chunks of a stream together.
type chatDraft struct {
	call    *llm.Call
	plain   bool // it is a text completion, whose chunks may have a text instead of a delta
	out     outcome
	choices pieces[choice]
}

func chatStream(c *llm.Call) draft { return &chatDraft{call: c} }

func (d *chatDraft) add(e event) bool {
	if bytes.Equal(bytes.TrimSpace(e.data), doneMark) {
		d.out.complete = true
		return false
	}
	var chunk openAIChunk
	if !unmarshal(e.data, &chunk) {
		return true // cut off, or not for us
	}
	chunk.apply(d.call)
	if err := embeddedError(chunk.Error); err != nil {
		d.out.err = err
	}
	for _, fragment := range chunk.Choices {
		if c := d.choices.at(fragment.Index); c != nil {
			c.add(fragment.Delta, fragment.FinishReason)
			if d.plain {
				c.content.WriteString(fragment.Text)
			}
		}
	}
	return true
}

func (d *chatDraft) textOf(e event, text string) *strings.Builder {
	var chunk openAIChunk
	if !fits(e.data, &chunk) || len(chunk.Choices) != 1 ||
		chunk.Usage != nil || chunk.XGroq.Usage != nil || len(chunk.Error) > 0 {
		return nil
	}
	fragment := chunk.Choices[0]
	delta := fragment.Delta
	parts := delta.message().Parts
	c := d.choices.at(fragment.Index)
	said := d.plain && fragment.Text != ""
	if said {
		parts = append(parts, llm.Text(fragment.Text))
	}
	if c == nil || len(parts) != 1 || delta.Role != "" || fragment.FinishReason != "" || delta.FunctionCall != nil {
		return nil
	}
	switch parts[0] {
	case llm.Text(text):
		if said || isText(delta.Content) {
			return &c.content
		}
	case llm.Reasoning(text):
		return &c.reasoning
	case llm.ToolCall{Arguments: text}:
		if t := delta.ToolCalls[0]; t.Custom.Input == "" {
			if call := c.call(t); call != nil {
				return &call.arguments
			}
		}
	}
	return nil
}

// isText reports whether content is a JSON string.
func isText(content json.RawMessage) bool { return len(content) > 0 && content[0] == '"' }

func (d *chatDraft) finish() outcome {
	finished := len(d.choices.byIndex) > 0
	for c := range d.choices.inOrder() {
		m := c.message()
		answered(d.call, m)
		finished = finished && m.FinishReason != ""
	}
	d.out.complete = d.out.complete || finished // some servers leave [DONE] out
	return d.out
}

// choice is an answer that is being put together.
type choice struct {
	role, finish             string
	content, reasoning, deny strings.Builder
	transcript               strings.Builder
	function                 *toolCall
	calls                    []*toolCall
}

type toolCall struct {
	index     int64
	id, name  string
	arguments strings.Builder
}

func (c *choice) add(d openAIMessage, finish string) {
	setText(&c.role, d.Role)
	setText(&c.finish, finish)
	for _, p := range contentParts(d.Content) {
		switch p := p.(type) {
		case llm.Text:
			c.content.WriteString(string(p))
		case llm.Reasoning:
			c.reasoning.WriteString(string(p))
		}
	}
	c.reasoning.WriteString(cmp.Or(d.ReasoningContent, d.Reasoning))
	c.deny.WriteString(d.Refusal)
	c.transcript.WriteString(d.Audio.Transcript)
	for _, t := range d.ToolCalls {
		if call := c.call(t); call != nil {
			call.add(t.call())
		}
	}
	if f := d.FunctionCall; f != nil {
		if c.function == nil {
			c.function = &toolCall{}
		}
		c.function.add(llm.ToolCall{Name: f.Name, Arguments: f.arguments()})
	}
}

// call returns the tool call that a fragment belongs to: the last one with its index and id. A fragment without an index
// or an id fits any. Some servers send every call as number 0, or without a number. It is nil when there are too many.
func (c *choice) call(t openAIToolCall) *toolCall {
	for _, have := range slices.Backward(c.calls) {
		if n := t.Index.value; n != nil && *n != have.index {
			continue
		}
		if t.ID == "" || have.id == "" || t.ID == have.id {
			return have
		}
	}
	if len(c.calls) == maxPieces {
		return nil
	}
	made := &toolCall{}
	if n := t.Index.value; n != nil {
		made.index = *n
	}
	c.calls = append(c.calls, made)
	return made
}

// add takes a fragment. Id and name come whole, once or with every fragment.
func (t *toolCall) add(f llm.ToolCall) {
	t.id = cmp.Or(t.id, f.ID)
	t.name = cmp.Or(t.name, f.Name)
	t.arguments.WriteString(f.Arguments)
}

func (t *toolCall) part() llm.Part {
	return llm.ToolCall{ID: t.id, Name: t.name, Arguments: t.arguments.String()}
}

func (c *choice) message() llm.Message {
	m := llm.Message{Role: cmp.Or(c.role, llm.RoleAssistant), FinishReason: c.finish}
	if c.reasoning.Len() > 0 {
		m.Parts = append(m.Parts, llm.Reasoning(c.reasoning.String()))
	}
	if c.content.Len() > 0 {
		m.Parts = append(m.Parts, llm.Text(c.content.String()))
	}
	if c.deny.Len() > 0 {
		m.Parts = append(m.Parts, refusal(c.deny.String()))
	}
	if c.transcript.Len() > 0 {
		m.Parts = append(m.Parts, llm.Text(c.transcript.String()))
	}
	slices.SortStableFunc(c.calls, func(a, b *toolCall) int { return cmp.Compare(a.index, b.index) })
	for _, t := range c.calls {
		m.Parts = append(m.Parts, t.part())
	}
	if c.function != nil {
		m.Parts = append(m.Parts, c.function.part())
	}
	return m
}

// embeddedError reads the error member that an answer or a chunk may have.
func embeddedError(raw json.RawMessage) *apiError {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return errorOf(raw)
}
