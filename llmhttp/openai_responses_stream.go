package llmhttp

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clewhq/clew/llm"
)

// responsesDraft puts the events of a stream together. Where the last one has the whole answer, the others need not be read.
type responsesDraft struct {
	call  *llm.Call
	out   outcome
	items pieces[outputItem]
}

func responsesStream(c *llm.Call) draft { return &responsesDraft{call: c} }

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

func (d *responsesDraft) conclude(last []event) (outcome, bool) {
	for _, event := range slices.Backward(last) {
		var e responseEvent
		if unmarshal(event.data, &e) && e.whole() {
			return e.Response.apply(d.call), true
		}
	}
	return outcome{}, false
}

// outputItem is an item that is being put together.
type outputItem struct {
	block
	done []llm.Part // what it is, if it has come to its end
}

func (d *responsesDraft) add(event event) bool {
	var e responseEvent
	if !unmarshal(event.data, &e) {
		return true // cut off, or not for us
	}
	switch e.Type {
	case "response.created", "response.in_progress":
		e.Response.head(d.call)
	case "error":
		d.out.err = errorOf(event.data)
	default:
		if item := d.items.at(e.Index); item != nil {
			item.add(&e)
		}
	}
	return true
}

// textOf returns nil: streams that broke off are few.
func (d *responsesDraft) textOf(event, string) *strings.Builder { return nil }

func (d *responsesDraft) finish() outcome {
	m := llm.Message{Role: llm.RoleAssistant}
	for item := range d.items.inOrder() {
		if item.done != nil {
			m.Parts = append(m.Parts, item.done...)
		} else {
			m.Parts = append(m.Parts, item.parts()...)
		}
	}
	if len(m.Parts) > 0 {
		answered(d.call, m)
	}
	return d.out
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
