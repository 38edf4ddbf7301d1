package llm_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/clewhq/clew/llm"
)

// random makes calls in which every field is sometimes there and sometimes not.
type random struct{ *rand.Rand }

func (r random) some() bool { return r.IntN(3) > 0 }

func (r random) text() string {
	words := []string{"a", "é", "\"", "\\", "\n", "<b>", "\u2028", "😀", " ", "0", "{", "}", "null", "\x00", "data: "}
	var b strings.Builder
	for range 1 + r.IntN(8) {
		b.WriteString(words[r.IntN(len(words))])
	}
	return b.String()
}

func (r random) maybe() string {
	if r.some() {
		return r.text()
	}
	return ""
}

func (r random) count() *int64 {
	if r.some() {
		return new(r.Int64N(1_000_000)) // 0 included
	}
	return nil
}

func (r random) number() *float64 {
	if r.some() {
		return new(r.Float64() * 3)
	}
	return nil
}

func (r random) texts() []string {
	var out []string
	for range r.IntN(3) {
		out = append(out, r.text())
	}
	return out
}

// compactJSON is what remains of JSON after it was embedded: the same without its spaces.
func (r random) compactJSON() string {
	b, err := json.Marshal(map[string]any{r.text(): r.text(), "n": r.IntN(100), "list": []any{nil, true, 1.5}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (r random) textOrJSON() string {
	switch r.IntN(5) {
	case 0:
		return r.compactJSON()
	case 1:
		return `"quoted"`
	case 2:
		return []string{"null", "12", "true", "[]", " 0", `{"cut": "of`}[r.IntN(6)]
	default:
		s := r.maybe()
		if json.Valid([]byte(s)) {
			return "" // its spaces would not come back
		}
		return s
	}
}

func (r random) part() llm.Part {
	switch r.IntN(8) {
	case 0:
		return llm.Reasoning(r.maybe())
	case 1:
		return llm.ToolCall{ID: r.maybe(), Name: r.maybe(), Arguments: r.textOrJSON()}
	case 2:
		return llm.ToolResult{ID: r.maybe(), Result: r.textOrJSON()}
	case 3:
		return llm.Blob{Modality: r.maybe(), MIMEType: r.maybe(), Base64: r.maybe()}
	case 4:
		return llm.File{Modality: r.maybe(), MIMEType: r.maybe(), ID: r.maybe()}
	case 5:
		return llm.URI{Modality: r.maybe(), MIMEType: r.maybe(), URI: r.maybe()}
	case 6:
		return llm.Other(`{"type":"refusal","refusal":"no"}`)
	default:
		return llm.Text(r.maybe())
	}
}

func (r random) parts() []llm.Part {
	var out []llm.Part
	for range r.IntN(4) {
		out = append(out, r.part())
	}
	return out
}

func (r random) messages() []llm.Message {
	var out []llm.Message
	for range r.IntN(4) {
		out = append(out, llm.Message{Role: r.maybe(), Name: r.maybe(), Parts: r.parts(), FinishReason: r.maybe()})
	}
	return out
}

func (r random) tools() []llm.Tool {
	var out []llm.Tool
	for range r.IntN(3) {
		t := llm.Tool{Type: "function", Name: r.maybe(), Description: r.maybe()}
		if r.some() {
			t.Parameters = json.RawMessage(r.compactJSON())
		}
		out = append(out, t)
	}
	if r.some() {
		out = append(out, llm.Tool{Type: "web_search", Definition: json.RawMessage(`{"type":"web_search","depth":2}`)})
	}
	return out
}

func (r random) call() llm.Call {
	c := llm.Call{
		Operation: r.text(), Provider: r.maybe(), Model: r.maybe(), Conversation: r.maybe(),
		Params: llm.Params{
			MaxTokens: r.count(), Temperature: r.number(), TopP: r.number(), TopK: r.count(),
			FrequencyPenalty: r.number(), PresencePenalty: r.number(), Seed: r.count(), Choices: r.count(),
			StopSequences: r.texts(), ReasoningEffort: r.maybe(), ServiceTier: r.maybe(), OutputType: r.maybe(),
			Dimensions: r.count(), EncodingFormats: r.texts(),
		},
		System: r.parts(), Input: r.messages(), Tools: r.tools(), Output: r.messages(),
		FinishReasons: r.texts(), ResponseID: r.maybe(), ResponseModel: r.maybe(), ResponseTier: r.maybe(),
		TimeToFirstChunk: time.Duration(r.Int64N(int64(time.Hour))), TokensPerSecond: float64(r.IntN(500)),
		Usage: llm.Usage{
			Input: r.count(), Output: r.count(), CacheRead: r.count(), CacheWrite: r.count(),
			CacheWrite5m: r.count(), CacheWrite1h: r.count(), Reasoning: r.count(), AudioInput: r.count(), AudioOutput: r.count(), Cost: r.number(),
		},
		ServerAddress: r.maybe(), ServerPort: r.IntN(65536), ErrorType: r.maybe(),
	}
	if r.some() {
		c.Params.Stream = new(r.some())
	}
	return c
}
