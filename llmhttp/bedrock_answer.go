package llmhttp

import (
	"strings"

	"github.com/clewhq/clew/llm"
)

// converseUsage counts what a cache was read for and what was written to it apart from the other input.
type converseUsage struct {
	Input      integer `json:"inputTokens"`
	Output     integer `json:"outputTokens"`
	CacheRead  integer `json:"cacheReadInputTokens"`
	CacheWrite integer `json:"cacheWriteInputTokens"`
	Details    []struct {
		TTL   string  `json:"ttl"`
		Input integer `json:"inputTokens"`
	} `json:"cacheDetails"`
}

func (u *converseUsage) usage() llm.Usage {
	out := llm.Usage{Output: u.Output.count(), CacheRead: u.CacheRead.count(), CacheWrite: u.CacheWrite.count()}
	if u.Input.count() != nil {
		out.Input = sum(u.Input.count(), out.CacheRead, out.CacheWrite)
	}
	for _, d := range u.Details {
		switch d.TTL {
		case "5m":
			out.CacheWrite5m = d.Input.count()
		case "1h":
			out.CacheWrite1h = d.Input.count()
		}
	}
	return out
}

func converseResponse(c *llm.Call, body []byte) outcome {
	var r struct {
		Output struct {
			Message converseMessage `json:"message"`
		} `json:"output"`
		StopReason  string        `json:"stopReason"`
		Usage       converseUsage `json:"usage"`
		ServiceTier converseTier  `json:"serviceTier"`
	}
	if !unmarshal(body, &r) {
		return outcome{}
	}
	c.Usage = r.Usage.usage()
	setText(&c.ResponseTier, r.ServiceTier.Type)
	if m := r.Output.Message; m.Content != nil || r.StopReason != "" {
		answered(c, llm.Message{Role: m.Role, Parts: converseParts(m.Content), FinishReason: r.StopReason})
	}
	return outcome{complete: true}
}

// converseDraft puts the events of a stream together.
type converseDraft struct {
	call   *llm.Call
	out    outcome
	role   string
	stop   string
	blocks pieces[block]
}

func converseStream(c *llm.Call) draft { return &converseDraft{call: c} }

// converseEvent is an event of any kind; the kind is in the frame.
type converseEvent struct {
	Role  string `json:"role"`
	Index int64  `json:"contentBlockIndex"`
	Start struct {
		ToolUse *struct {
			ID   string `json:"toolUseId"`
			Name string `json:"name"`
		} `json:"toolUse"`
	} `json:"start"`
	Delta struct {
		Text    string `json:"text"`
		ToolUse struct {
			Input string `json:"input"`
		} `json:"toolUse"`
		Reasoning struct {
			Text string `json:"text"`
		} `json:"reasoningContent"`
	} `json:"delta"`
	StopReason  string        `json:"stopReason"`
	Usage       converseUsage `json:"usage"`
	ServiceTier converseTier  `json:"serviceTier"`
	Message     string        `json:"message"` // of an exception
}

const deltaEvent = "contentBlockDelta"

func (d *converseDraft) add(e event) bool {
	var c converseEvent
	if !unmarshal(e.data, &c) {
		return true // not for us
	}
	switch e.kind {
	case "messageStart":
		setText(&d.role, c.Role)
	case "contentBlockStart":
		if b, t := d.blocks.at(c.Index), c.Start.ToolUse; b != nil && t != nil {
			b.isTool, b.tool = true, llm.ToolCall{ID: t.ID, Name: t.Name}
		}
	case deltaEvent:
		if b := d.blocks.at(c.Index); b != nil {
			b.text.WriteString(c.Delta.Text)
			b.reasoning.WriteString(c.Delta.Reasoning.Text)
			b.arguments.WriteString(c.Delta.ToolUse.Input)
		}
	case "messageStop":
		setText(&d.stop, c.StopReason)
		d.out.complete = true
	case "metadata":
		d.call.Usage = c.Usage.usage()
		setText(&d.call.ResponseTier, c.ServiceTier.Type)
	default:
		if isException(e.kind) {
			d.out.err = &apiError{kind: e.kind, message: c.Message}
		}
	}
	return true
}

func (d *converseDraft) textOf(e event, text string) *strings.Builder {
	var c converseEvent
	if e.kind != deltaEvent || !fits(e.data, &c) {
		return nil
	}
	b := d.blocks.at(c.Index)
	if b == nil {
		return nil
	}
	return b.only(text, c.Delta.Text, c.Delta.Reasoning.Text, c.Delta.ToolUse.Input)
}

func (d *converseDraft) finish() outcome {
	if m := messageOf(&d.blocks, d.role, d.stop); len(m.Parts) > 0 || d.stop != "" {
		answered(d.call, m)
	}
	return d.out
}

// isException reports whether a frame is the end of a stream that failed.
func isException(kind string) bool { return strings.HasSuffix(strings.ToLower(kind), "exception") }
