package llmhttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/clewhq/clew/llm"
)

// ollama is Ollama's own API: chat, completion and embeddings. It streams unless it is told not to.
var ollama = provider{
	api:       "ollama",
	paths:     []string{"/api/chat", "/api/generate", "/api/embed", "/api/embeddings"},
	vendor:    ollamaVendor,
	operation: llm.Chat,
	ours:      func(r *http.Request) bool { return strings.HasPrefix(r.UserAgent(), "ollama/") },
	request:   ollamaRequest,
	response:  ollamaResponse,
	stream:    ollamaStream,
	framing:   jsonLines,
	shape:     &shape{texts: []string{"content", "response", "thinking"}, noise: []string{"created_at"}},
}

// ollamaOperations are what the ends of paths stand for.
var ollamaOperations = map[string]string{
	"chat": llm.Chat, "generate": llm.TextCompletion, "embed": llm.Embeddings, "embeddings": llm.Embeddings,
}

func ollamaRequest(c *llm.Call, u *url.URL, body []byte) bool {
	c.Operation = cmp.Or(ollamaOperations[path.Base(u.Path)], c.Operation)
	var r struct {
		Model    string            `json:"model"`
		Messages []ollamaMessage   `json:"messages"`
		System   string            `json:"system"`
		Prompt   string            `json:"prompt"`
		Images   []string          `json:"images"`
		Input    json.RawMessage   `json:"input"` // to embed: text or list of texts
		Tools    []json.RawMessage `json:"tools"`
		Stream   boolean           `json:"stream"`
		Format   json.RawMessage   `json:"format"` // "json" or a schema
		Think    json.RawMessage   `json:"think"`  // true, or how much
		Dims     integer           `json:"dimensions"`
		Options  struct {
			Temperature      decimal         `json:"temperature"`
			TopP             decimal         `json:"top_p"`
			TopK             integer         `json:"top_k"`
			NumPredict       integer         `json:"num_predict"`
			Seed             integer         `json:"seed"`
			Stop             json.RawMessage `json:"stop"`
			PresencePenalty  decimal         `json:"presence_penalty"`
			FrequencyPenalty decimal         `json:"frequency_penalty"`
		} `json:"options"`
	}
	if !unmarshalPrefix(body, &r) {
		return false
	}
	setText(&c.Model, r.Model)
	o := r.Options
	c.Params = llm.Params{
		Temperature: o.Temperature.value, TopP: o.TopP.value, TopK: o.TopK.value, MaxTokens: o.NumPredict.value,
		Seed: o.Seed.value, StopSequences: stringOrList(o.Stop), PresencePenalty: o.PresencePenalty.value,
		FrequencyPenalty: o.FrequencyPenalty.value, Stream: r.Stream.value, Dimensions: r.Dims.count(),
		ReasoningEffort: justText(r.Think),
	}
	if f := bytes.TrimSpace(r.Format); len(f) > 2 && !bytes.Equal(f, []byte("null")) {
		c.Params.OutputType = "json"
	}
	if r.System != "" {
		c.System = []llm.Part{llm.Text(r.System)}
	}
	for _, t := range r.Tools {
		c.Tools = append(c.Tools, openAITool(t))
	}
	if c.Operation == llm.Embeddings {
		c.Input = textsToEmbed(r.Input)
	} else if c.Params.Stream == nil {
		c.Params.Stream = new(true)
	}
	if r.Prompt != "" {
		r.Messages = append(r.Messages, ollamaMessage{Role: llm.RoleUser, Content: r.Prompt, Images: r.Images})
	}
	for _, m := range r.Messages {
		c.Input = append(c.Input, llm.Message{Role: m.Role, Parts: m.parts()})
	}
	return true
}

type ollamaMessage struct {
	Role       string           `json:"role"`
	Content    string           `json:"content"`
	Thinking   string           `json:"thinking"`
	Images     []string         `json:"images"` // Base64
	ToolCalls  []openAIToolCall `json:"tool_calls"`
	ToolName   string           `json:"tool_name"`
	ToolCallID string           `json:"tool_call_id"`
}

func (m *ollamaMessage) parts() []llm.Part {
	if m.Role == llm.RoleTool {
		return []llm.Part{llm.ToolResult{ID: cmp.Or(m.ToolCallID, m.ToolName), Result: m.Content}}
	}
	var out []llm.Part
	if m.Thinking != "" {
		out = append(out, llm.Reasoning(m.Thinking))
	}
	if m.Content != "" {
		out = append(out, llm.Text(m.Content))
	}
	for _, image := range m.Images {
		out = append(out, llm.Blob{Modality: "image", Base64: image})
	}
	for _, t := range m.ToolCalls {
		out = append(out, t.call())
	}
	return out
}

// ollamaAnswer is an answer, and each line of a stream.
type ollamaAnswer struct {
	Model        string            `json:"model"`
	Message      ollamaMessage     `json:"message"`
	Response     string            `json:"response"` // of a completion
	Thinking     string            `json:"thinking"`
	Done         boolean           `json:"done"`
	DoneReason   string            `json:"done_reason"`
	PromptCount  integer           `json:"prompt_eval_count"`
	Count        integer           `json:"eval_count"`
	EvalDuration integer           `json:"eval_duration"` // nanoseconds
	Embedding    json.RawMessage   `json:"embedding"`
	Embeddings   []json.RawMessage `json:"embeddings"`
	Error        json.RawMessage   `json:"error"`
}

func (a *ollamaAnswer) done() bool { return a.Done.value != nil && *a.Done.value }

func ollamaResponse(c *llm.Call, body []byte) outcome {
	d := ollamaDraft{call: c}
	if !d.read(body) {
		return outcome{}
	}
	out := d.finish()
	out.complete = true
	return out
}

// ollamaDraft puts the lines of a stream together.
type ollamaDraft struct {
	call  *llm.Call
	out   outcome
	role  string
	stop  string
	said  block
	calls []llm.Part
}

func ollamaStream(c *llm.Call) draft { return &ollamaDraft{call: c} }

func (d *ollamaDraft) add(e event) bool {
	d.read(e.data)
	return true
}

// read reports whether data is JSON.
func (d *ollamaDraft) read(data []byte) bool {
	var a ollamaAnswer
	if !unmarshal(data, &a) {
		return false // cut off, or not for us
	}
	setText(&d.call.ResponseModel, a.Model)
	setText(&d.role, a.Message.Role)
	d.said.reasoning.WriteString(a.Thinking + a.Message.Thinking)
	d.said.text.WriteString(a.Response + a.Message.Content)
	for _, t := range a.Message.ToolCalls {
		if len(d.calls) < maxPieces {
			d.calls = append(d.calls, t.call())
		}
	}
	if err := embeddedError(a.Error); err != nil {
		d.out.err = err
	}
	if n := a.PromptCount.count(); n != nil {
		d.call.Usage.Input = n
	}
	for _, v := range append(a.Embeddings, a.Embedding) {
		if n := dimensions(v); n > 0 {
			d.call.Params.Dimensions = &n
			break
		}
	}
	if a.done() {
		d.end(&a)
	}
	return true
}

// end takes what the last line says.
func (d *ollamaDraft) end(a *ollamaAnswer) {
	d.out.complete = true
	d.stop = a.DoneReason
	n, took := a.Count.count(), a.EvalDuration.count()
	d.call.Usage.Output = n
	if n != nil && took != nil && *took > 0 { // measured where it was made
		d.call.TokensPerSecond = float64(*n) / time.Duration(*took).Seconds()
	}
}

func (d *ollamaDraft) textOf(e event, text string) *strings.Builder {
	var a ollamaAnswer
	if !fits(e.data, &a) || a.done() || len(a.Message.ToolCalls) > 0 || len(a.Error) > 0 ||
		a.PromptCount.value != nil || len(a.Embedding) > 0 || len(a.Embeddings) > 0 {
		return nil
	}
	return d.said.only(text, a.Response+a.Message.Content, a.Thinking+a.Message.Thinking, "")
}

func (d *ollamaDraft) finish() outcome {
	m := llm.Message{
		Role: cmp.Or(d.role, llm.RoleAssistant), Parts: append(d.said.parts(), d.calls...), FinishReason: d.stop,
	}
	if len(m.Parts) > 0 || d.stop != "" {
		answered(d.call, m)
	}
	return d.out
}
