package llmhttp

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/clewhq/clew/llm"
)

// anthropicDraft puts the events of a stream together.
type anthropicDraft struct {
	call   *llm.Call
	out    outcome
	role   string
	stop   string
	input  *int64 // without the cache
	blocks pieces[block]
}

func anthropicStream(c *llm.Call) draft { return &anthropicDraft{call: c} }

type anthropicEvent struct {
	Type    string          `json:"type"`
	Index   int64           `json:"index"`
	Message anthropicAnswer `json:"message"`
	Block   json.RawMessage `json:"content_block"`
	Delta   struct {
		Type        string `json:"type"`
		Text        string `json:"text"`
		Thinking    string `json:"thinking"`
		PartialJSON string `json:"partial_json"`
		StopReason  string `json:"stop_reason"`
	} `json:"delta"`
	Usage anthropicUsage `json:"usage"`
}

func (d *anthropicDraft) add(e event) bool {
	var a anthropicEvent
	if !unmarshal(e.data, &a) {
		return true // cut off, or not for us
	}
	switch a.Type {
	case "message_start":
		setText(&d.call.ResponseID, a.Message.ID)
		setText(&d.call.ResponseModel, a.Message.Model)
		setText(&d.role, a.Message.Role)
		a.Message.Usage.apply(d.call, &d.input)
	case "content_block_start":
		if b := d.blocks.at(a.Index); b != nil {
			startBlock(b, a.Block)
		}
	case "content_block_delta":
		if b := d.blocks.at(a.Index); b != nil {
			b.text.WriteString(a.Delta.Text)
			b.reasoning.WriteString(a.Delta.Thinking)
			b.arguments.WriteString(a.Delta.PartialJSON)
		}
	case "message_delta":
		setText(&d.stop, a.Delta.StopReason)
		a.Usage.apply(d.call, &d.input)
	case "message_stop":
		d.out.complete = true
		return false
	case "error":
		d.out.err = errorOf(e.data)
	}
	return true
}

// startBlock takes what a stream says of a block before its deltas.
func startBlock(b *block, raw json.RawMessage) {
	var start anthropicBlock
	unmarshal(raw, &start)
	switch start.Type {
	case "text":
		b.text.WriteString(start.Text)
	case "thinking":
		b.reasoning.WriteString(start.Thinking)
	case "tool_use":
		b.isTool = true
	case "server_tool_use", "mcp_tool_use":
		b.isTool, b.foreign = true, start.Type
	default:
		b.whole = llm.Other(bytes.Clone(raw))
	}
	b.tool = llm.ToolCall{ID: start.ID, Name: start.Name, Arguments: textOrRaw(start.Input)}
}

func (d *anthropicDraft) textOf(e event, text string) *strings.Builder {
	var a anthropicEvent
	if !fits(e.data, &a) || a.Type != "content_block_delta" {
		return nil
	}
	b := d.blocks.at(a.Index)
	if b == nil {
		return nil
	}
	return b.only(text, a.Delta.Text, a.Delta.Thinking, a.Delta.PartialJSON)
}

func (d *anthropicDraft) finish() outcome {
	if m := messageOf(&d.blocks, d.role, d.stop); len(m.Parts) > 0 || d.stop != "" {
		answered(d.call, m)
	}
	return d.out
}
