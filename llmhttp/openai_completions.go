package llmhttp

import (
	"encoding/json"
	"net/url"

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

func completionsResponse(c *llm.Call, body []byte) outcome {
	var r struct {
		openAIHead
		Choices []struct {
			Text         string        `json:"text"`
			FinishReason string        `json:"finish_reason"`
			Message      openAIMessage `json:"message"` // Mistral's
		} `json:"choices"`
	}
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

func completionsStream(c *llm.Call) draft { return &chatDraft{call: c, plain: true} }
