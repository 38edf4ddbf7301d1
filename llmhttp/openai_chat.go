package llmhttp

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/clewhq/clew/llm"
)

// Names of providers that are known by more than their hosts.
const (
	openAIVendor = "openai"
	ollamaVendor = "ollama"
)

// openAIChat is OpenAI's chat completions API, which most providers and all common model servers speak too.
var openAIChat = provider{
	api:       "openai-chat",
	paths:     []string{"/chat/completions"},
	vendor:    openAIVendor,
	operation: llm.Chat,
	request:   chatRequest,
	response:  chatResponse,
	stream:    chatStream,
	framing:   sse,
	shape:     chatShape,
}

// openAIRequest is the body of a request, but for what no attribute exists for.
type openAIRequest struct {
	Model               string            `json:"model"`
	Messages            []openAIMessage   `json:"messages"`
	Tools               []json.RawMessage `json:"tools"`
	Functions           []json.RawMessage `json:"functions"` // before there were tools
	MaxTokens           integer           `json:"max_tokens"`
	MaxCompletionTokens integer           `json:"max_completion_tokens"`
	Temperature         decimal           `json:"temperature"`
	TopP                decimal           `json:"top_p"`
	TopK                integer           `json:"top_k"` // vLLM, OpenRouter and others
	FrequencyPenalty    decimal           `json:"frequency_penalty"`
	PresencePenalty     decimal           `json:"presence_penalty"`
	Seed                integer           `json:"seed"`
	N                   integer           `json:"n"`
	Stop                json.RawMessage   `json:"stop"`
	Stream              boolean           `json:"stream"`
	ReasoningEffort     string            `json:"reasoning_effort"`
	ServiceTier         string            `json:"service_tier"`
	ResponseFormat      struct {
		Type string `json:"type"`
	} `json:"response_format"`
}

func chatRequest(c *llm.Call, u *url.URL, body []byte) bool {
	c.Model = azureDeployment(u)
	var r openAIRequest
	if !unmarshalPrefix(body, &r) {
		return false
	}
	if r.Model != "" {
		c.Model = r.Model
	}
	c.Params = llm.Params{
		MaxTokens: r.MaxTokens.value, Temperature: r.Temperature.value, TopP: r.TopP.value, TopK: r.TopK.value,
		FrequencyPenalty: r.FrequencyPenalty.value, PresencePenalty: r.PresencePenalty.value, Seed: r.Seed.value,
		StopSequences: stringOrList(r.Stop), Stream: r.Stream.value,
		ReasoningEffort: r.ReasoningEffort, ServiceTier: r.ServiceTier, OutputType: outputType(r.ResponseFormat.Type),
	}
	if n := r.MaxCompletionTokens.value; n != nil {
		c.Params.MaxTokens = n
	}
	if n := r.N.value; n != nil && *n != 1 { // the conventions leave the usual out
		c.Params.Choices = n
	}
	for _, m := range r.Messages {
		c.Input = append(c.Input, m.message())
	}
	for _, t := range r.Tools {
		c.Tools = append(c.Tools, openAITool(t))
	}
	for _, f := range r.Functions {
		c.Tools = append(c.Tools, openAIFunction(f))
	}
	return true
}

// azureDeployment returns the deployment that an Azure URL names, which stands for the model where the body has none.
func azureDeployment(u *url.URL) string {
	_, rest, ok := strings.Cut(u.Path, "/deployments/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// outputType translates a response format to OpenTelemetry's words.
func outputType(format string) string {
	switch format {
	case "json_object", "json_schema":
		return "json"
	}
	return format
}

func stringOrList(raw json.RawMessage) []string {
	var list []string
	var one string
	if fits(raw, &list) {
		return list
	}
	if fits(raw, &one) && one != "" {
		return []string{one}
	}
	return nil
}

func openAITool(raw json.RawMessage) llm.Tool {
	var t struct {
		Type     string          `json:"type"`
		Function json.RawMessage `json:"function"`
		Custom   struct {
			Name        string `json:"name"`
			Description string `json:"description"`
		} `json:"custom"`
	}
	unmarshal(raw, &t)
	if t.Function != nil {
		return openAIFunction(t.Function)
	}
	return llm.Tool{Type: t.Type, Name: t.Custom.Name, Description: t.Custom.Description, Definition: raw}
}

func openAIFunction(raw json.RawMessage) llm.Tool {
	var f struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	}
	unmarshal(raw, &f)
	return llm.Tool{Type: "function", Name: f.Name, Description: f.Description, Parameters: f.Parameters}
}

// openAIUsage counts prompt tokens with cached ones and completion tokens mostly with those of reasoning, as llm.Usage
// does.
type openAIUsage struct {
	PromptTokens     integer `json:"prompt_tokens"`
	CompletionTokens integer `json:"completion_tokens"`
	TotalTokens      integer `json:"total_tokens"`
	PromptDetails    struct {
		Cached     integer `json:"cached_tokens"`
		CacheWrite integer `json:"cache_write_tokens"`
		Audio      integer `json:"audio_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning integer `json:"reasoning_tokens"`
		Audio     integer `json:"audio_tokens"`
	} `json:"completion_tokens_details"`
	CacheHit integer `json:"prompt_cache_hit_tokens"` // DeepSeek
	Cost     decimal `json:"cost"`                    // OpenRouter
}

func (u *openAIUsage) usage(provider string) llm.Usage {
	out := llm.Usage{
		Input: u.PromptTokens.count(), Output: u.CompletionTokens.count(),
		CacheRead: u.PromptDetails.Cached.count(), CacheWrite: u.PromptDetails.CacheWrite.count(),
		AudioInput: u.PromptDetails.Audio.count(), AudioOutput: u.CompletionDetails.Audio.count(),
		Reasoning: u.CompletionDetails.Reasoning.count(),
	}
	if out.CacheRead == nil {
		out.CacheRead = u.CacheHit.count()
	}
	// xAI and Gemini's compatible endpoint leave reasoning out of the completion; the total tells.
	if t := u.TotalTokens.count(); t != nil && out.Input != nil && out.Output != nil && out.Reasoning != nil &&
		*out.Reasoning > 0 && *t == *out.Input+*out.Output+*out.Reasoning {
		out.Output = sum(out.Output, out.Reasoning)
	}
	if provider == "openrouter" { // whose credits are US dollars
		out.Cost = u.Cost.value
	}
	return out
}

// openAIHead is what an answer and each chunk of a stream have in common.
type openAIHead struct {
	ID          string          `json:"id"`
	Model       string          `json:"model"`
	ServiceTier string          `json:"service_tier"`
	Fingerprint string          `json:"system_fingerprint"`
	Usage       *openAIUsage    `json:"usage"`
	Error       json.RawMessage `json:"error"`
	XGroq       struct {
		Usage *openAIUsage `json:"usage"` // Groq's last chunk
	} `json:"x_groq"`
}

// apply adds what h says; of repeated things the last counts.
func (h *openAIHead) apply(c *llm.Call) {
	setText(&c.ResponseID, h.ID)
	setText(&c.ResponseModel, h.Model)
	setText(&c.ResponseTier, h.ServiceTier)
	if h.Fingerprint == "fp_ollama" && c.Provider == openAIVendor {
		c.Provider = ollamaVendor // whatever port it listens on
	}
	if u := h.Usage; u != nil {
		c.Usage = u.usage(c.Provider)
	} else if u := h.XGroq.Usage; u != nil {
		c.Usage = u.usage(c.Provider)
	}
}

func chatResponse(c *llm.Call, body []byte) outcome {
	var r struct {
		openAIHead
		Choices []struct {
			Message      openAIMessage `json:"message"`
			FinishReason string        `json:"finish_reason"`
		} `json:"choices"`
	}
	if !unmarshal(body, &r) {
		return outcome{}
	}
	r.apply(c)
	for _, choice := range r.Choices {
		m := choice.Message.message()
		m.FinishReason = choice.FinishReason
		answered(c, m)
	}
	return outcome{complete: true, err: embeddedError(r.Error)}
}
