package llmhttp

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/clewhq/clew/llm"
)

// openAICompletions is OpenAI's first API, text completions, which model servers still speak: vLLM, llama.cpp, Together,
// Fireworks, DeepSeek's and Mistral's fill in the middle. Its prompt is the user's message.
var openAICompletions = provider{
	api:       "openai-completions",
	paths:     []string{"/completions"},
	vendor:    openAIVendor,
	operation: llm.TextCompletion,
	ours:      hasMembers("model", "prompt"),
	request:   completionsRequest,
	response:  completionsResponse,
	stream:    completionsStream,
	framing:   sse,
	shape:     &shape{texts: []string{"text", "content"}, noise: []string{"obfuscation"}},
}

func completionsRequest(c *llm.Call, u *url.URL, body []byte) bool {
	if !chatRequest(c, u, body) { // its parameters are named alike
		return false
	}
	var own struct {
		Prompt json.RawMessage `json:"prompt"` // text, list of texts, tokens, list of tokens
	}
	unmarshalPrefix(body, &own)
	c.Input = textsToEmbed(own.Prompt)
	return true
}

// completionsChoice is an answer, or a fragment of one.
type completionsChoice struct {
	Index        int64         `json:"index"`
	Text         string        `json:"text"`
	FinishReason string        `json:"finish_reason"`
	Message      openAIMessage `json:"message"` // Mistral's
	Delta        openAIMessage `json:"delta"`
}

type completionsAnswer struct {
	openAIHead
	Choices []completionsChoice `json:"choices"`
}

func completionsResponse(c *llm.Call, body []byte) outcome {
	var r completionsAnswer
	if !unmarshal(body, &r) {
		return outcome{}
	}
	r.apply(c)
	for _, choice := range r.Choices {
		m := choice.Message.message()
		if choice.Text != "" {
			m = llm.Assistant(choice.Text)
		}
		m.FinishReason = choice.FinishReason
		answered(c, m)
	}
	return outcome{complete: true, err: embeddedError(r.Error)}
}

// completionsDraft puts the chunks of a stream together as those of a chat are.
type completionsDraft struct{ chatDraft }

func completionsStream(c *llm.Call) draft { return &completionsDraft{chatDraft{call: c}} }

func (d *completionsDraft) add(e event) bool {
	if bytes.Equal(bytes.TrimSpace(e.data), doneMark) {
		d.out.complete = true
		return false
	}
	var chunk completionsAnswer
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
			c.content.WriteString(fragment.Text)
		}
	}
	return true
}

func (d *completionsDraft) textOf(e event, text string) *strings.Builder {
	var chunk completionsAnswer
	if !fits(e.data, &chunk) || len(chunk.Choices) != 1 || chunk.Usage != nil || len(chunk.Error) > 0 {
		return nil
	}
	fragment := chunk.Choices[0]
	if fragment.Text == "" {
		return d.chatDraft.textOf(e, text)
	}
	c := d.choices.at(fragment.Index)
	if c == nil || fragment.Text != text || fragment.FinishReason != "" || len(fragment.Delta.message().Parts) > 0 {
		return nil
	}
	return &c.content
}
