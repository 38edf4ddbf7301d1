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
		Delta        openAIMessage `json:"delta"`
		FinishReason string        `json:"finish_reason"`
	} `json:"choices"`
}

// maxChoices bounds the answers that are put together from one stream, and the tool calls of each; indexes can be any.
const maxChoices = 1024

var done = []byte("[DONE]")

// chatStream puts the fragments of a stream together.
func chatStream(c *llm.Call, body []byte) outcome { return readChunks(c, body, &template{}) }

// readChunks reads chunks that are like the template by it. Without one it decodes each.
func readChunks(c *llm.Call, body []byte, like *template) outcome {
	var out outcome
	choices := map[int64]*choice{}
	for data := range events(body) {
		if bytes.Equal(bytes.TrimSpace(data), done) {
			out.complete = true
			break
		}
		if text, ok := like.text(data); ok && choices[like.choice] != nil {
			choices[like.choice].content.Write(text)
			continue
		}
		var chunk openAIChunk
		if !unmarshal(data, &chunk) {
			continue // cut off, or not for us
		}
		chunk.apply(c)
		if err := embeddedError(chunk.Error); err != nil {
			out.err = err
		}
		for _, fragment := range chunk.Choices {
			if choices[fragment.Index] == nil {
				if len(choices) == maxChoices {
					continue
				}
				choices[fragment.Index] = &choice{}
			}
			choices[fragment.Index].add(fragment.Delta, fragment.FinishReason)
		}
		like.learn(data)
	}
	finished := len(choices) > 0
	for _, i := range sortedKeys(choices) {
		m := choices[i].message()
		c.Output = append(c.Output, m)
		if m.FinishReason == "" {
			finished = false
			continue
		}
		c.FinishReasons = append(c.FinishReasons, m.FinishReason)
	}
	out.complete = out.complete || finished // some servers leave [DONE] out
	return out
}

// chatStarted: the first chunk often has no more than a role, or what a content filter says of the prompt.
func chatStarted(data []byte) bool {
	var chunk openAIChunk
	if !unmarshal(data, &chunk) {
		return false
	}
	for _, c := range chunk.Choices {
		if d := c.Delta; len(d.message().Parts) > 0 {
			return true
		}
	}
	return false
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
	if d.Role != "" {
		c.role = d.Role
	}
	if finish != "" {
		c.finish = finish
	}
	for _, p := range contentParts(d.Content) {
		if t, ok := p.(llm.Text); ok {
			c.content.WriteString(string(t))
		}
	}
	if d.ReasoningContent != "" {
		c.reasoning.WriteString(d.ReasoningContent)
	} else {
		c.reasoning.WriteString(d.Reasoning)
	}
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
	if len(c.calls) == maxChoices {
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
	if t.id == "" {
		t.id = f.ID
	}
	if t.name == "" {
		t.name = f.Name
	}
	t.arguments.WriteString(f.Arguments)
}

func (t *toolCall) part() llm.Part {
	return llm.ToolCall{ID: t.id, Name: t.name, Arguments: t.arguments.String()}
}

func (c *choice) message() llm.Message {
	m := llm.Message{Role: c.role, FinishReason: c.finish}
	if m.Role == "" {
		m.Role = llm.RoleAssistant
	}
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

func sortedKeys[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// embeddedError reads the error member that an answer or a chunk may have.
func embeddedError(raw json.RawMessage) *apiError {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return errorOf(raw)
}
