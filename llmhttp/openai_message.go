package llmhttp

import (
	"encoding/json"
	"strings"

	"github.com/clewhq/clew/llm"
)

// openAIMessage is a message of a request or an answer, or a fragment of one in a stream.
type openAIMessage struct {
	Role             string           `json:"role"`
	Name             string           `json:"name"`
	Content          json.RawMessage  `json:"content"` // text, list of parts or null
	Refusal          string           `json:"refusal"`
	ReasoningContent string           `json:"reasoning_content"` // DeepSeek, xAI, vLLM
	Reasoning        string           `json:"reasoning"`         // OpenRouter, Groq
	ToolCalls        []openAIToolCall `json:"tool_calls"`
	FunctionCall     *openAIFunCall   `json:"function_call"` // before there were tools
	ToolCallID       string           `json:"tool_call_id"`
	Audio            struct {
		ID         string `json:"id"`
		Transcript string `json:"transcript"`
	} `json:"audio"`
}

type openAIToolCall struct {
	Index    integer       `json:"index"` // in streams
	ID       string        `json:"id"`
	Function openAIFunCall `json:"function"`
	Custom   struct {
		Name  string `json:"name"`
		Input string `json:"input"`
	} `json:"custom"`
}

// call returns what is called, whatever kind of tool it is.
func (t openAIToolCall) call() llm.ToolCall {
	return llm.ToolCall{
		ID: t.ID, Name: t.Function.Name + t.Custom.Name, Arguments: t.Function.arguments() + t.Custom.Input,
	}
}

type openAIFunCall struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"` // JSON in a string; some servers send the JSON itself
}

func (f openAIFunCall) arguments() string { return textOrRaw(f.Arguments) }

// textOrRaw returns the text of a JSON string, nothing for null, and other JSON as it is.
func textOrRaw(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || fits(raw, &s) { // null leaves s as it is
		return s
	}
	return string(raw)
}

func (m openAIMessage) message() llm.Message {
	out := llm.Message{Role: m.Role, Name: m.Name}
	if r := m.ReasoningContent; r != "" {
		out.Parts = append(out.Parts, llm.Reasoning(r))
	} else if m.Reasoning != "" {
		out.Parts = append(out.Parts, llm.Reasoning(m.Reasoning))
	}
	if m.Role == llm.RoleTool || m.Role == "function" {
		out.Parts = append(out.Parts, llm.ToolResult{ID: m.ToolCallID, Result: resultText(m.Content)})
		return out
	}
	out.Parts = append(out.Parts, contentParts(m.Content)...)
	if m.Refusal != "" {
		out.Parts = append(out.Parts, refusal(m.Refusal))
	}
	if m.Audio.Transcript != "" {
		out.Parts = append(out.Parts, llm.Text(m.Audio.Transcript))
	} else if m.Audio.ID != "" {
		out.Parts = append(out.Parts, llm.File{Modality: "audio", ID: m.Audio.ID})
	}
	for _, t := range m.ToolCalls {
		out.Parts = append(out.Parts, t.call())
	}
	if f := m.FunctionCall; f != nil {
		out.Parts = append(out.Parts, llm.ToolCall{Name: f.Name, Arguments: f.arguments()})
	}
	return out
}

func refusal(text string) llm.Part {
	b, err := json.Marshal(map[string]string{"type": "refusal", "refusal": text})
	if err != nil {
		return llm.Text(text)
	}
	return llm.Other(b)
}

// resultText returns the content of a tool's message: its text, or JSON if there is more than text in it.
func resultText(content json.RawMessage) string { return joinTexts(content, contentPart) }

func contentParts(content json.RawMessage) []llm.Part { return partsOf(content, contentPart) }

func contentPart(raw json.RawMessage) llm.Part {
	var p struct {
		Type       string          `json:"type"`
		Text       *string         `json:"text"`
		Thinking   json.RawMessage `json:"thinking"`  // Mistral: a list of texts
		ImageURL   json.RawMessage `json:"image_url"` // an object with url, or the url
		InputAudio struct {
			Data   string `json:"data"`
			Format string `json:"format"`
		} `json:"input_audio"`
		File struct {
			ID   string `json:"file_id"`
			Data string `json:"file_data"`
		} `json:"file"`
	}
	if !fits(raw, &p) {
		return llm.Other(raw)
	}
	switch {
	case p.Type == "text" && p.Text != nil:
		return llm.Text(*p.Text)
	case p.Type == "thinking" && p.Thinking != nil:
		return llm.Reasoning(resultText(p.Thinking))
	case p.Type == "image_url":
		var image struct {
			URL string `json:"url"`
		}
		if !fits(p.ImageURL, &image) {
			image.URL = textOrRaw(p.ImageURL)
		}
		return media("image", image.URL)
	case p.Type == "input_audio":
		return llm.Blob{Modality: "audio", MIMEType: "audio/" + p.InputAudio.Format, Base64: p.InputAudio.Data}
	case p.Type == "file" && p.File.ID != "":
		return llm.File{Modality: "document", ID: p.File.ID}
	case p.Type == "file" && p.File.Data != "":
		return media("document", p.File.Data)
	}
	return llm.Other(raw)
}

// media returns what a data URL holds, or the reference that another URL is.
func media(modality, url string) llm.Part {
	if rest, ok := strings.CutPrefix(url, "data:"); ok {
		if kind, data, ok := strings.Cut(rest, ";base64,"); ok {
			return llm.Blob{Modality: modality, MIMEType: kind, Base64: data}
		}
	}
	return llm.URI{Modality: modality, URI: url}
}
