package llmhttp

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clewhq/clew/llm"
)

// responsesDraft keeps the events of a stream: the last one has the whole answer, and the others need only be read if it
// has not come.
type responsesDraft struct {
	call   *llm.Call
	events [][]byte
}

func responsesStream(c *llm.Call) draft { return &responsesDraft{call: c} }

// maxTail is how many events are looked at from the end for the one with the answer. Some servers send more after it.
const maxTail = 4

type responseEvent struct {
	Type     string          `json:"type"`
	Response response        `json:"response"`
	Index    int64           `json:"output_index"`
	Item     json.RawMessage `json:"item"`
	Delta    string          `json:"delta"`
}

// whole reports whether the event has the answer as it is at the end.
func (e *responseEvent) whole() bool {
	return e.Type == "response.completed" || e.Type == "response.incomplete" || e.Type == "response.failed"
}

// fewEvents is room for the events of most streams.
const fewEvents = 512

func (d *responsesDraft) add(e event) bool {
	if len(d.events) == 1 { // of many drafts it is the only one: see says
		d.events = slices.Grow(d.events, fewEvents)
	}
	d.events = append(d.events, e.data)
	return true
}

// textOf is never asked, because nothing is decoded before the end.
func (d *responsesDraft) textOf(event, string) *strings.Builder { return nil }

func (d *responsesDraft) finish() outcome {
	tail := d.events[max(0, len(d.events)-maxTail):]
	for _, data := range slices.Backward(tail) {
		var e responseEvent
		if unmarshal(data, &e) && e.whole() {
			return e.Response.apply(d.call)
		}
	}
	return d.putTogether()
}

// outputItem is an item that is being put together.
type outputItem struct {
	block
	done []llm.Part // what it is, if it has come to its end
}

// putTogether reads a stream that broke off.
func (d *responsesDraft) putTogether() outcome {
	var out outcome
	var items pieces[outputItem]
	for _, data := range d.events {
		var e responseEvent
		if !unmarshal(data, &e) {
			continue
		}
		switch e.Type {
		case "response.created", "response.in_progress":
			e.Response.head(d.call)
			continue
		case "error":
			out.err = errorOf(data)
			continue
		}
		if item := items.at(e.Index); item != nil {
			item.add(&e)
		}
	}
	m := llm.Message{Role: llm.RoleAssistant}
	for item := range items.inOrder() {
		if item.done != nil {
			m.Parts = append(m.Parts, item.done...)
		} else {
			m.Parts = append(m.Parts, item.parts()...)
		}
	}
	if len(m.Parts) > 0 {
		answered(d.call, m)
	}
	return out
}

func (b *outputItem) add(e *responseEvent) {
	switch e.Type {
	case "response.output_item.added":
		var item responseItem
		if unmarshal(e.Item, &item) && (item.Type == "function_call" || item.Type == "custom_tool_call") {
			b.isTool = true
			b.tool = llm.ToolCall{ID: item.CallID, Name: item.Name}
		}
	case "response.output_item.done":
		b.done = responseMessage(e.Item).Parts
	case "response.output_text.delta", "response.refusal.delta":
		b.text.WriteString(e.Delta)
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta":
		b.reasoning.WriteString(e.Delta)
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta":
		b.arguments.WriteString(e.Delta)
	}
}
