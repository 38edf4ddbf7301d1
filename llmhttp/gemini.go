package llmhttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"path"
	"strings"

	"github.com/clewhq/clew/llm"
)

// Names of Google's two services.
const (
	geminiVendor = "gcp.gemini"
	vertexVendor = "gcp.vertex_ai"
)

// gemini is Google's generateContent, of the Gemini API and of Vertex AI, with its streams and its embeddings.
var gemini = provider{
	api:       "gemini",
	paths:     []string{":generateContent", ":streamGenerateContent", ":embedContent", ":batchEmbedContents"},
	vendor:    geminiVendor,
	operation: llm.GenerateContent,
	request:   geminiRequest,
	response:  geminiResponse,
	stream:    geminiStream,
	framing:   jsonArray, // without ?alt=sse
	shape: &shape{
		texts: []string{"text"},
		noise: []string{"promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount"},
	},
}

// geminiGeneration is what shapes an answer.
type geminiGeneration struct {
	Temperature      decimal  `json:"temperature"`
	TopP             decimal  `json:"topP"`
	TopK             integer  `json:"topK"`
	CandidateCount   integer  `json:"candidateCount"`
	MaxOutputTokens  integer  `json:"maxOutputTokens"`
	StopSequences    []string `json:"stopSequences"`
	PresencePenalty  decimal  `json:"presencePenalty"`
	FrequencyPenalty decimal  `json:"frequencyPenalty"`
	Seed             integer  `json:"seed"`
	ResponseMIMEType string   `json:"responseMimeType"`
	Thinking         struct {
		Level string `json:"thinkingLevel"`
	} `json:"thinkingConfig"`
}

// Google takes names with underscores as well, and its own examples use some.
type geminiAsked struct {
	Contents             []geminiContent   `json:"contents"`
	SystemInstruction    geminiContent     `json:"systemInstruction"`
	SystemInstructionToo geminiContent     `json:"system_instruction"`
	Tools                []geminiTool      `json:"tools"`
	GenerationConfig     *geminiGeneration `json:"generationConfig"`
	GenerationConfigToo  *geminiGeneration `json:"generation_config"`
	Content              geminiContent     `json:"content"` // to embed
	OutputDimensionality integer           `json:"outputDimensionality"`
	Requests             []geminiAsked     `json:"requests"` // of a batch
}

func geminiRequest(c *llm.Call, u *url.URL, body []byte) bool {
	model, method, _ := strings.Cut(path.Base(u.Path), ":")
	c.Model = model
	if strings.Contains(u.Path, "/projects/") && c.Provider == geminiVendor {
		c.Provider = vertexVendor
	}
	switch {
	case strings.HasPrefix(method, "stream"):
		c.Params.Stream = new(true)
	case strings.Contains(strings.ToLower(method), "embed"):
		c.Operation = llm.Embeddings
	}
	var r geminiAsked
	if !unmarshalPrefix(body, &r) {
		return false
	}
	if g := cmp.Or(r.GenerationConfig, r.GenerationConfigToo); g != nil {
		stream := c.Params.Stream
		c.Params = g.params()
		c.Params.Stream = stream
	}
	c.System = append(r.SystemInstruction.parts(), r.SystemInstructionToo.parts()...)
	for _, m := range r.Contents {
		c.Input = append(c.Input, m.message(llm.RoleUser))
	}
	for _, one := range append([]geminiAsked{r}, r.Requests...) {
		if m := one.Content.message(llm.RoleUser); len(m.Parts) > 0 {
			c.Input = append(c.Input, m)
		}
		if n := one.OutputDimensionality.count(); n != nil {
			c.Params.Dimensions = n
		}
	}
	for _, t := range r.Tools {
		c.Tools = append(c.Tools, t.tools()...)
	}
	return true
}

func (g *geminiGeneration) params() llm.Params {
	p := llm.Params{
		Temperature: g.Temperature.value, TopP: g.TopP.value, TopK: g.TopK.value, MaxTokens: g.MaxOutputTokens.value,
		PresencePenalty: g.PresencePenalty.value, FrequencyPenalty: g.FrequencyPenalty.value, Seed: g.Seed.value,
		StopSequences: g.StopSequences, ReasoningEffort: strings.ToLower(g.Thinking.Level),
	}
	if n := g.CandidateCount.value; n != nil && *n != 1 {
		p.Choices = n
	}
	switch g.ResponseMIMEType {
	case "application/json", "text/x.enum":
		p.OutputType = "json"
	case "text/plain":
		p.OutputType = "text"
	}
	return p
}

// geminiTool is a list of functions, or one tool that Google runs.
type geminiTool struct {
	functions []geminiFunction
	whole     json.RawMessage
}

type geminiFunction struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
	Schema      json.RawMessage `json:"parametersJsonSchema"`
}

func (t *geminiTool) UnmarshalJSON(raw []byte) error {
	var lists struct {
		Functions    []geminiFunction `json:"functionDeclarations"`
		FunctionsToo []geminiFunction `json:"function_declarations"`
	}
	unmarshal(raw, &lists)
	t.functions, t.whole = append(lists.Functions, lists.FunctionsToo...), bytes.Clone(raw)
	return nil
}

func (t *geminiTool) tools() []llm.Tool {
	if len(t.functions) == 0 {
		kind, whole := typed(t.whole)
		return []llm.Tool{{Type: kind, Definition: whole}} // googleSearch, codeExecution …
	}
	var out []llm.Tool
	for _, f := range t.functions {
		parameters := f.Parameters
		if parameters == nil {
			parameters = f.Schema
		}
		out = append(out, llm.Tool{Type: "function", Name: f.Name, Description: f.Description, Parameters: parameters})
	}
	return out
}

// geminiContent is a message.
type geminiContent struct {
	Role  string          `json:"role"`
	Parts json.RawMessage `json:"parts"` // a list; a single one is taken too
}

// geminiRoles are the words for roles that differ.
var geminiRoles = map[string]string{"model": llm.RoleAssistant, "function": llm.RoleTool}

func (m *geminiContent) message(role string) llm.Message {
	return llm.Message{Role: cmp.Or(geminiRoles[m.Role], m.Role, role), Parts: m.parts()}
}

func (m *geminiContent) parts() []llm.Part {
	list := m.Parts
	if bytes.HasPrefix(list, []byte("{")) {
		return []llm.Part{geminiPart(list)}
	}
	return partsOf(list, geminiPart)
}

func geminiPart(raw json.RawMessage) llm.Part {
	type blob struct {
		MIMEType string `json:"mimeType"`
		Data     string `json:"data"`
	}
	var p struct {
		Text          *string `json:"text"`
		Thought       boolean `json:"thought"`
		InlineData    *blob   `json:"inlineData"`
		InlineDataToo *struct {
			MIMEType string `json:"mime_type"`
			Data     string `json:"data"`
		} `json:"inline_data"`
		FileData *struct {
			MIMEType string `json:"mimeType"`
			URI      string `json:"fileUri"`
		} `json:"fileData"`
		Call *struct {
			ID   string          `json:"id"`
			Name string          `json:"name"`
			Args json.RawMessage `json:"args"`
		} `json:"functionCall"`
		Result *struct {
			ID       string          `json:"id"`
			Name     string          `json:"name"`
			Response json.RawMessage `json:"response"`
		} `json:"functionResponse"`
	}
	if !unmarshal(raw, &p) {
		return llm.Other(raw)
	}
	switch thought := p.Thought.value; {
	case p.Text != nil && thought != nil && *thought:
		return llm.Reasoning(*p.Text)
	case p.Text != nil:
		return llm.Text(*p.Text)
	case p.Call != nil:
		return llm.ToolCall{ID: p.Call.ID, Name: p.Call.Name, Arguments: string(p.Call.Args)}
	case p.Result != nil: // which often has no id, but always the name
		return llm.ToolResult{ID: cmp.Or(p.Result.ID, p.Result.Name), Result: textOrRaw(p.Result.Response)}
	case p.InlineData != nil:
		return llm.Blob{Modality: modality(p.InlineData.MIMEType), MIMEType: p.InlineData.MIMEType, Base64: p.InlineData.Data}
	case p.InlineDataToo != nil:
		b := p.InlineDataToo
		return llm.Blob{Modality: modality(b.MIMEType), MIMEType: b.MIMEType, Base64: b.Data}
	case p.FileData != nil:
		return llm.URI{Modality: modality(p.FileData.MIMEType), MIMEType: p.FileData.MIMEType, URI: p.FileData.URI}
	}
	_, raw = typed(raw)
	return llm.Other(raw)
}

// typed gives an object whose only member tells what it is that name as its type.
func typed(raw json.RawMessage) (kind string, whole json.RawMessage) {
	var members map[string]json.RawMessage
	unmarshal(raw, &members)
	delete(members, "thoughtSignature")
	if len(members) != 1 {
		return "", raw
	}
	for name := range members {
		kind = name
	}
	members["type"] = jsonText(kind)
	whole, err := json.Marshal(members)
	if err != nil {
		return kind, raw
	}
	return kind, whole
}

// modality is OpenTelemetry's word for a MIME type.
func modality(mime string) string {
	switch kind, _, _ := strings.Cut(mime, "/"); kind {
	case "image", "audio", "video":
		return kind
	}
	return "document"
}
