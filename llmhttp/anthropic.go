package llmhttp

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/clewhq/clew/llm"
)

// anthropicMessages is Anthropic's Messages API, which other providers offer for their models too.
var anthropicMessages = provider{
	api:       "anthropic-messages",
	paths:     []string{"/v1/messages"},
	vendor:    "anthropic",
	operation: llm.Chat,
	ours:      func(r *http.Request) bool { return r.Header.Get("Anthropic-Version") != "" },
	request:   anthropicRequest,
	response:  anthropicResponse,
	stream:    anthropicStream,
	framing:   sse,
	shape:     anthropicShape,
}

var anthropicShape = &shape{texts: []string{"text", "thinking", "partial_json"}}

func anthropicRequest(c *llm.Call, _ *url.URL, body []byte) bool {
	var r struct {
		Model         string             `json:"model"`
		System        json.RawMessage    `json:"system"` // text or blocks
		Messages      []anthropicMessage `json:"messages"`
		Tools         []json.RawMessage  `json:"tools"`
		MaxTokens     integer            `json:"max_tokens"`
		Temperature   decimal            `json:"temperature"`
		TopP          decimal            `json:"top_p"`
		TopK          integer            `json:"top_k"`
		StopSequences json.RawMessage    `json:"stop_sequences"`
		Stream        boolean            `json:"stream"`
		ServiceTier   string             `json:"service_tier"`
		OutputConfig  struct {
			Effort string `json:"effort"`
		} `json:"output_config"`
	}
	if !unmarshalPrefix(body, &r) {
		return false
	}
	setText(&c.Model, r.Model)
	c.Params = llm.Params{
		MaxTokens: r.MaxTokens.value, Temperature: r.Temperature.value, TopP: r.TopP.value, TopK: r.TopK.value,
		StopSequences: stringOrList(r.StopSequences), Stream: r.Stream.value,
		ReasoningEffort: r.OutputConfig.Effort, ServiceTier: r.ServiceTier,
	}
	c.System = anthropicParts(r.System)
	for _, m := range r.Messages {
		c.Input = append(c.Input, llm.Message{Role: m.Role, Parts: anthropicParts(m.Content)})
	}
	for _, t := range r.Tools {
		c.Tools = append(c.Tools, anthropicTool(t))
	}
	return true
}

type anthropicMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"` // text or blocks
}

func anthropicTool(raw json.RawMessage) llm.Tool {
	var t struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		Description string          `json:"description"`
		InputSchema json.RawMessage `json:"input_schema"`
	}
	unmarshal(raw, &t)
	if t.Type == "" || t.Type == "custom" {
		return llm.Tool{Type: "function", Name: t.Name, Description: t.Description, Parameters: t.InputSchema}
	}
	return llm.Tool{Type: t.Type, Name: t.Name, Description: t.Description, Definition: raw} // one that Anthropic runs
}

// anthropicBlock is a block of content, or one of which a stream brings the rest.
type anthropicBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Thinking  string          `json:"thinking"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	Source    struct {
		Type      string `json:"type"`
		MediaType string `json:"media_type"`
		Data      string `json:"data"`
		URL       string `json:"url"`
		FileID    string `json:"file_id"`
	} `json:"source"`
}

// anthropicParts reads content: text, or a list of blocks.
func anthropicParts(content json.RawMessage) []llm.Part { return partsOf(content, anthropicPart) }

func anthropicPart(raw json.RawMessage) llm.Part {
	var b anthropicBlock
	if !unmarshal(raw, &b) {
		return llm.Other(raw)
	}
	switch b.Type {
	case "text":
		return llm.Text(b.Text)
	case "thinking":
		return llm.Reasoning(b.Thinking)
	case "tool_use":
		return llm.ToolCall{ID: b.ID, Name: b.Name, Arguments: textOrRaw(b.Input)}
	case "tool_result":
		return llm.ToolResult{ID: b.ToolUseID, Result: joinTexts(b.Content, anthropicPart)}
	case "image", "document":
		modality := b.Type
		switch s := b.Source; s.Type {
		case "base64":
			return llm.Blob{Modality: modality, MIMEType: s.MediaType, Base64: s.Data}
		case "url":
			return llm.URI{Modality: modality, URI: s.URL}
		case "file":
			return llm.File{Modality: modality, ID: s.FileID}
		}
	}
	return llm.Other(raw)
}

// anthropicUsage counts what a cache was read for and what was written to it apart from the other input.
type anthropicUsage struct {
	Input         integer `json:"input_tokens"`
	Output        integer `json:"output_tokens"`
	CacheRead     integer `json:"cache_read_input_tokens"`
	CacheWrite    integer `json:"cache_creation_input_tokens"`
	CacheCreation struct {
		FiveMinutes integer `json:"ephemeral_5m_input_tokens"`
		Hour        integer `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	ServiceTier string `json:"service_tier"`
}

// apply takes the counts. Those of a stream come in two or more pieces and only grow.
func (u *anthropicUsage) apply(c *llm.Call, input **int64) {
	grow(input, u.Input)
	grow(&c.Usage.Output, u.Output)
	grow(&c.Usage.CacheRead, u.CacheRead)
	grow(&c.Usage.CacheWrite, u.CacheWrite)
	grow(&c.Usage.CacheWrite5m, u.CacheCreation.FiveMinutes)
	grow(&c.Usage.CacheWrite1h, u.CacheCreation.Hour)
	setText(&c.ResponseTier, u.ServiceTier)
	if *input != nil {
		c.Usage.Input = sum(*input, c.Usage.CacheRead, c.Usage.CacheWrite)
	}
}

// anthropicAnswer is an answer in one piece, and what a stream says at its start.
type anthropicAnswer struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Model      string          `json:"model"`
	Role       string          `json:"role"`
	Content    json.RawMessage `json:"content"`
	StopReason string          `json:"stop_reason"`
	Usage      anthropicUsage  `json:"usage"`
	Error      json.RawMessage `json:"error"`
}

func anthropicResponse(c *llm.Call, body []byte) outcome {
	var r anthropicAnswer
	if !unmarshal(body, &r) {
		return outcome{}
	}
	setText(&c.ResponseID, r.ID)
	setText(&c.ResponseModel, r.Model)
	var input *int64
	r.Usage.apply(c, &input)
	if parts := anthropicParts(r.Content); len(parts) > 0 || r.StopReason != "" {
		answered(c, llm.Message{Role: cmp.Or(r.Role, llm.RoleAssistant), Parts: parts, FinishReason: r.StopReason})
	}
	return outcome{complete: true, err: embeddedError(r.Error)}
}
