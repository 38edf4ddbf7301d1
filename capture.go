package clew

import (
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/redact"
)

// ContentCapture says how much is recorded of content: inputs and outputs, and the messages, instructions and tools of
// models. It is an option of Setup for everything, and of a span for that one alone, which beats Setup's.
type ContentCapture struct{ most int64 }

// noContent is a ContentCapture's most where nothing is to be recorded; 0 is no bound but that of all values.
const noContent = -1

// How much of content is recorded. CaptureFull is the default.
var (
	CaptureFull = ContentCapture{}
	CaptureNone = ContentCapture{noContent}
)

// CaptureUpTo cuts every text in content that is longer than so many bytes, with a mark at its end. JSON stays JSON, and each
// text in it is cut by itself. A number below 1 is CaptureNone.
func CaptureUpTo(bytes int) ContentCapture {
	if bytes < 1 {
		return CaptureNone
	}
	return ContentCapture{int64(bytes)}
}

func (c ContentCapture) applySetup(s *setupConfig) { s.capture = c }

func (c ContentCapture) applySpan(s *spanConfig) { s.capture, s.hasCapture = c, true }

// processCapture is what Setup was told, as most.
var processCapture atomic.Int64

// processRedact is what Setup was told to redact; nil is nothing.
var processRedact atomic.Pointer[redact.Rules]

func defaultCapture() ContentCapture { return ContentCapture{processCapture.Load()} }

// captured is how much of the span's content is recorded.
func (c *spanConfig) captured() ContentCapture {
	if c.hasCapture {
		return c.capture
	}
	return defaultCapture()
}

// contentKeys hold content beside a span's input and output, by OpenTelemetry's and by Laminar's names.
var contentKeys = []attribute.Key{
	keyInput, keyOutput,
	"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions",
	"gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.prompt", "gen_ai.completion",
	"gen_ai.retrieval.documents", "gen_ai.retrieval.query.text",
}

// attributes returns kv with as much content as c allows, and without binary. It does not change kv.
func (c ContentCapture) attributes(kv []attribute.KeyValue) []attribute.KeyValue {
	if !slices.ContainsFunc(kv, c.concerns) {
		return kv
	}
	out := make([]attribute.KeyValue, 0, len(kv))
	for _, a := range kv {
		if c.concerns(a) {
			content := c.most != 0 && slices.Contains(contentKeys, a.Key)
			if content && c == CaptureNone {
				continue
			}
			if a.Value.Type() == attribute.STRING {
				text := withoutBinary(a.Value.AsString())
				if content {
					text = c.text(text)
				}
				a.Value = attribute.StringValue(text)
			}
		}
		out = append(out, a)
	}
	return out
}

// concerns reports whether a may have to be changed. For most attributes that is told without looking at the key.
func (c ContentCapture) concerns(a attribute.KeyValue) bool {
	if a.Value.Type() == attribute.STRING && len(a.Value.AsString()) >= shortestBinary {
		return true
	}
	return c.most != 0 && slices.Contains(contentKeys, a.Key)
}

// text cuts what is too long in a text that is recorded.
func (c ContentCapture) text(text string) string {
	if c.most <= 0 || int64(len(text)) <= c.most {
		return text
	}
	if rules := processRedact.Load(); rules != nil {
		text = rules.Text(text) // now, because nobody knows the half of a secret that is left
	}
	return cutting(int(c.most)).Text(text)
}
