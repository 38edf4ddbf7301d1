package llmhttp

import (
	"cmp"
	"encoding/json"
	"net/url"

	"github.com/clewhq/clew/llm"
)

// openAIResponses is OpenAI's Responses API.
var openAIResponses = provider{
	api:       "openai-responses",
	paths:     []string{"/responses"},
	vendor:    openAIVendor,
	operation: llm.Chat,
	ours:      hasMembers("model", "input"),
	request:   responsesRequest,
	response:  responsesAnswer,
	stream:    responsesStream,
	framing:   sse,
}

func responsesRequest(c *llm.Call, u *url.URL, body []byte) bool {
	c.Model = azureDeployment(u)
	var r struct {
		Model           string            `json:"model"`
		Instructions    json.RawMessage   `json:"instructions"` // text or items
		Input           json.RawMessage   `json:"input"`        // text or items
		Conversation    json.RawMessage   `json:"conversation"` // an id, or an object with one
		Tools           []json.RawMessage `json:"tools"`
		MaxOutputTokens integer           `json:"max_output_tokens"`
		Temperature     decimal           `json:"temperature"`
		TopP            decimal           `json:"top_p"`
		Stream          boolean           `json:"stream"`
		ServiceTier     string            `json:"service_tier"`
		Reasoning       struct {
			Effort string `json:"effort"`
		} `json:"reasoning"`
		Text struct {
			Format struct {
				Type string `json:"type"`
			} `json:"format"`
		} `json:"text"`
	}
	if !unmarshalPrefix(body, &r) {
		return false
	}
	setText(&c.Model, r.Model)
	setText(&c.Conversation, conversationID(r.Conversation))
	c.Params = llm.Params{
		MaxTokens: r.MaxOutputTokens.value, Temperature: r.Temperature.value, TopP: r.TopP.value, Stream: r.Stream.value,
		ReasoningEffort: r.Reasoning.Effort, ServiceTier: r.ServiceTier, OutputType: outputType(r.Text.Format.Type),
	}
	for _, m := range responseMessages(r.Instructions, llm.RoleSystem) {
		c.System = append(c.System, m.Parts...)
	}
	c.Input = responseMessages(r.Input, llm.RoleUser)
	for _, t := range r.Tools {
		c.Tools = append(c.Tools, responseTool(t))
	}
	return true
}

func conversationID(raw json.RawMessage) string {
	var of struct {
		ID string `json:"id"`
	}
	unmarshal(raw, &of)
	return cmp.Or(of.ID, justText(raw))
}

// secretMembers of a tool's definition are keys for a server that the provider is to call. The server's URL may hold more of
// them.
var secretMembers = []string{"headers", "authorization"}

func responseTool(raw json.RawMessage) llm.Tool {
	var t struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	}
	unmarshal(raw, &t)
	if t.Type == "function" {
		return llm.Tool{Type: t.Type, Name: t.Name, Description: t.Description, Parameters: t.Parameters}
	}
	var members map[string]json.RawMessage
	if unmarshal(raw, &members); members != nil {
		for _, name := range secretMembers {
			delete(members, name)
		}
		if u, err := url.Parse(justText(members["server_url"])); err == nil && u.Host != "" {
			members["server_url"] = jsonText(address(u))
		}
	}
	public, err := json.Marshal(members)
	if err != nil {
		public = nil
	}
	return llm.Tool{Type: t.Type, Name: t.Name, Description: t.Description, Definition: public}
}

// responseItem is an item of the input or the output.
type responseItem struct {
	Type      string          `json:"type"`
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"` // text or parts
	Summary   json.RawMessage `json:"summary"` // of reasoning
	CallID    string          `json:"call_id"`
	Name      string          `json:"name"`
	Arguments string          `json:"arguments"`
	Input     string          `json:"input"`  // of a custom tool
	Output    json.RawMessage `json:"output"` // of a tool: text or parts
	Result    string          `json:"result"` // of an image generation, in Base64
	Format    string          `json:"output_format"`
}

// responseMessages reads text or a list of items.
func responseMessages(items json.RawMessage, role string) []llm.Message {
	if text := justText(items); text != "" {
		return []llm.Message{{Role: role, Parts: []llm.Part{llm.Text(text)}}}
	}
	var list []json.RawMessage
	unmarshal(items, &list)
	return messagesOfItems(list)
}

// messagesOfItems makes one message of what the model said at once.
func messagesOfItems(list []json.RawMessage) []llm.Message {
	var out []llm.Message
	for _, raw := range list {
		m := responseMessage(raw)
		if n := len(out); n > 0 && m.Role == llm.RoleAssistant && out[n-1].Role == m.Role {
			out[n-1].Parts = append(out[n-1].Parts, m.Parts...)
			continue
		}
		out = append(out, m)
	}
	return out
}

func responseMessage(raw json.RawMessage) llm.Message {
	var item responseItem
	if !unmarshal(raw, &item) {
		return llm.Message{Role: llm.RoleUser, Parts: []llm.Part{llm.Other(raw)}}
	}
	assistant := func(p ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleAssistant, Parts: p} }
	switch item.Type {
	case "", "message":
		return llm.Message{Role: cmp.Or(item.Role, llm.RoleAssistant), Parts: partsOf(item.Content, responsePart)}
	case "function_call", "custom_tool_call":
		return assistant(llm.ToolCall{ID: item.CallID, Name: item.Name, Arguments: item.Arguments + item.Input})
	case "function_call_output", "custom_tool_call_output":
		result := llm.ToolResult{ID: item.CallID, Result: joinTexts(item.Output, responsePart)}
		return llm.Message{Role: llm.RoleTool, Parts: []llm.Part{result}}
	case "reasoning":
		if text := cmp.Or(joinTexts(item.Content, responsePart), joinTexts(item.Summary, responsePart)); text != "" {
			return assistant(llm.Reasoning(text))
		}
		return assistant() // it is kept from us
	case "image_generation_call":
		if item.Result != "" {
			return assistant(llm.Blob{
				Modality: "image", MIMEType: "image/" + cmp.Or(item.Format, "png"), Base64: item.Result,
			})
		}
	}
	return assistant(llm.Other(raw))
}

func responsePart(raw json.RawMessage) llm.Part {
	var p struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		ImageURL string          `json:"image_url"`
		FileID   string          `json:"file_id"`
		FileData string          `json:"file_data"`
		FileURL  string          `json:"file_url"`
		Audio    json.RawMessage `json:"input_audio"`
	}
	if !unmarshal(raw, &p) {
		return llm.Other(raw)
	}
	switch {
	case p.Type == "input_text" || p.Type == "output_text" || p.Type == "summary_text" || p.Type == "reasoning_text":
		return llm.Text(p.Text)
	case p.Type == "input_image" && p.ImageURL != "":
		return media("image", p.ImageURL)
	case p.Type == "input_image" && p.FileID != "":
		return llm.File{Modality: "image", ID: p.FileID}
	case p.Type == "input_file" && p.FileID != "":
		return llm.File{Modality: "document", ID: p.FileID}
	case p.Type == "input_file" && p.FileData+p.FileURL != "":
		return media("document", cmp.Or(p.FileURL, p.FileData))
	case p.Type == "input_audio" && p.Audio != nil:
		return contentPart(raw)
	}
	return llm.Other(raw)
}

// response is an answer, whole or as far as it has come.
type response struct {
	ID                string            `json:"id"`
	Model             string            `json:"model"`
	Status            string            `json:"status"`
	ServiceTier       string            `json:"service_tier"`
	Conversation      json.RawMessage   `json:"conversation"`
	Output            []json.RawMessage `json:"output"`
	Error             json.RawMessage   `json:"error"`
	IncompleteDetails struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
	Usage struct {
		Input        integer `json:"input_tokens"`
		Output       integer `json:"output_tokens"`
		InputDetails struct {
			Cached     integer `json:"cached_tokens"`
			CacheWrite integer `json:"cache_write_tokens"`
		} `json:"input_tokens_details"`
		OutputDetails struct {
			Reasoning integer `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	} `json:"usage"`
}

// head adds what is known from the beginning.
func (r *response) head(c *llm.Call) {
	setText(&c.ResponseID, r.ID)
	setText(&c.ResponseModel, r.Model)
	setText(&c.ResponseTier, r.ServiceTier)
	setText(&c.Conversation, conversationID(r.Conversation))
}

func (r *response) apply(c *llm.Call) outcome {
	r.head(c)
	c.Usage = llm.Usage{
		Input: r.Usage.Input.count(), Output: r.Usage.Output.count(), Reasoning: r.Usage.OutputDetails.Reasoning.count(),
		CacheRead: r.Usage.InputDetails.Cached.count(), CacheWrite: r.Usage.InputDetails.CacheWrite.count(),
	}
	finish := cmp.Or(r.IncompleteDetails.Reason, r.Status)
	messages := messagesOfItems(r.Output)
	if n := len(messages); n > 0 {
		messages[n-1].FinishReason = finish
	}
	c.Output = append(c.Output, messages...)
	if finish != "" {
		c.FinishReasons = append(c.FinishReasons, finish)
	}
	return outcome{complete: true, err: embeddedError(r.Error)}
}

func responsesAnswer(c *llm.Call, body []byte) outcome {
	var r response
	if !unmarshal(body, &r) {
		return outcome{}
	}
	return r.apply(c)
}
