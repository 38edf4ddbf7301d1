package llmhttp

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/clewhq/clew/llm"
)

const bedrockVendor = "aws.bedrock"

// bedrockConverse is the Converse API of AWS Bedrock, with its streams.
var bedrockConverse = provider{
	api:       "bedrock-converse",
	within:    "/model/",
	paths:     []string{"/converse", "/converse-stream"},
	vendor:    bedrockVendor,
	operation: llm.Chat,
	request:   converseRequest,
	response:  converseResponse,
	stream:    converseStream,
	framing:   eventStream,
	shape:     &shape{texts: []string{"text", "input"}, noise: []string{"p"}}, // p is padding
}

// bedrockModel returns the model that an URL names: an id, or an ARN with slashes in it.
func bedrockModel(u *url.URL) string {
	_, rest, _ := strings.Cut(u.EscapedPath(), "/model/")
	id := rest[:max(0, strings.LastIndexByte(rest, '/'))]
	if plain, err := url.PathUnescape(id); err == nil {
		return plain
	}
	return id
}

func converseRequest(c *llm.Call, u *url.URL, body []byte) bool {
	c.Model = bedrockModel(u)
	if strings.HasSuffix(u.Path, "-stream") {
		c.Params.Stream = new(true)
	}
	var r struct {
		Messages  []converseMessage `json:"messages"`
		System    json.RawMessage   `json:"system"`
		Inference struct {
			MaxTokens     integer  `json:"maxTokens"`
			Temperature   decimal  `json:"temperature"`
			TopP          decimal  `json:"topP"`
			StopSequences []string `json:"stopSequences"`
		} `json:"inferenceConfig"`
		Additional struct {
			TopK integer `json:"top_k"`
		} `json:"additionalModelRequestFields"`
		ServiceTier converseTier `json:"serviceTier"`
		ToolConfig  struct {
			Tools []json.RawMessage `json:"tools"`
		} `json:"toolConfig"`
	}
	if !unmarshalPrefix(body, &r) {
		return false
	}
	p := &c.Params
	p.MaxTokens, p.Temperature, p.TopP = r.Inference.MaxTokens.value, r.Inference.Temperature.value, r.Inference.TopP.value
	p.TopK, p.StopSequences, p.ServiceTier = r.Additional.TopK.value, r.Inference.StopSequences, r.ServiceTier.Type
	c.System = converseParts(r.System)
	for _, m := range r.Messages {
		c.Input = append(c.Input, llm.Message{Role: m.Role, Parts: converseParts(m.Content)})
	}
	for _, t := range r.ToolConfig.Tools {
		if tool, ok := converseTool(t); ok {
			c.Tools = append(c.Tools, tool)
		}
	}
	return true
}

type converseTier struct {
	Type string `json:"type"`
}

type converseMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// converseTool reads a tool. A mark for the cache is none.
func converseTool(raw json.RawMessage) (tool llm.Tool, ok bool) {
	var t struct {
		Spec *struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			InputSchema struct {
				JSON json.RawMessage `json:"json"`
			} `json:"inputSchema"`
		} `json:"toolSpec"`
		CachePoint json.RawMessage `json:"cachePoint"`
	}
	unmarshal(raw, &t)
	if s := t.Spec; s != nil {
		return llm.Tool{Type: "function", Name: s.Name, Description: s.Description, Parameters: s.InputSchema.JSON}, true
	}
	kind, whole := typed(raw)
	return llm.Tool{Type: kind, Definition: whole}, t.CachePoint == nil
}

// converseParts reads a list of blocks.
func converseParts(content json.RawMessage) []llm.Part { return partsOf(content, conversePart) }

// converseMedia is an image, a document, a video or audio.
type converseMedia struct {
	Format string `json:"format"`
	Source struct {
		Bytes string `json:"bytes"` // Base64
		S3    struct {
			URI string `json:"uri"`
		} `json:"s3Location"`
	} `json:"source"`
}

func (m *converseMedia) part(modality string) llm.Part {
	mime := modality + "/" + m.Format
	if modality == "document" { // a format is the ending of a file there
		mime = ""
	}
	if uri := m.Source.S3.URI; uri != "" {
		return llm.URI{Modality: modality, MIMEType: mime, URI: uri}
	}
	return llm.Blob{Modality: modality, MIMEType: mime, Base64: m.Source.Bytes}
}

// conversePart reads a block. A mark for the cache says nothing.
func conversePart(raw json.RawMessage) llm.Part {
	var p struct {
		Text    *string         `json:"text"`
		JSON    json.RawMessage `json:"json"` // of a tool's result
		ToolUse *struct {
			ID    string          `json:"toolUseId"`
			Name  string          `json:"name"`
			Input json.RawMessage `json:"input"`
		} `json:"toolUse"`
		ToolResult *struct {
			ID      string          `json:"toolUseId"`
			Content json.RawMessage `json:"content"`
		} `json:"toolResult"`
		Reasoning struct {
			Text *struct {
				Text string `json:"text"`
			} `json:"reasoningText"`
		} `json:"reasoningContent"`
		Image    *converseMedia `json:"image"`
		Document *converseMedia `json:"document"`
		Video    *converseMedia `json:"video"`
		Audio    *converseMedia `json:"audio"`

		CachePoint json.RawMessage `json:"cachePoint"`
	}
	if !unmarshal(raw, &p) {
		return llm.Other(raw)
	}
	switch {
	case p.CachePoint != nil:
		return nil
	case p.Text != nil:
		return llm.Text(*p.Text)
	case p.JSON != nil:
		return llm.Text(p.JSON)
	case p.ToolUse != nil:
		return llm.ToolCall{ID: p.ToolUse.ID, Name: p.ToolUse.Name, Arguments: textOrRaw(p.ToolUse.Input)}
	case p.ToolResult != nil:
		return llm.ToolResult{ID: p.ToolResult.ID, Result: joinTexts(p.ToolResult.Content, conversePart)}
	case p.Reasoning.Text != nil:
		return llm.Reasoning(p.Reasoning.Text.Text)
	case p.Image != nil:
		return p.Image.part("image")
	case p.Document != nil:
		return p.Document.part("document")
	case p.Video != nil:
		return p.Video.part("video")
	case p.Audio != nil:
		return p.Audio.part("audio")
	}
	_, raw = typed(raw)
	return llm.Other(raw)
}
