package llmhttp

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"

	"github.com/clewhq/clew/llm"
)

// anthropicVertex is Anthropic's API on Vertex AI: the model is in the URL.
var anthropicVertex = provider{
	api:       "anthropic-vertex",
	within:    "/publishers/anthropic/models/claude",
	paths:     []string{":rawPredict", ":streamRawPredict"},
	vendor:    vertexVendor,
	operation: llm.Chat,
	request: func(c *llm.Call, u *url.URL, body []byte) bool {
		model, method, _ := strings.Cut(path.Base(u.Path), ":")
		return hostedRequest(c, model, method == "streamRawPredict", body)
	},
	response: anthropicResponse,
	stream:   anthropicStream,
	framing:  sse,
	shape:    anthropicShape,
}

// anthropicBedrock is Anthropic's API on AWS Bedrock: the model is in the URL, and a stream is events within frames.
var anthropicBedrock = provider{
	api:       "anthropic-bedrock",
	within:    "anthropic.claude",
	paths:     []string{"/invoke", "/invoke-with-response-stream"},
	vendor:    bedrockVendor,
	operation: llm.Chat,
	request: func(c *llm.Call, u *url.URL, body []byte) bool {
		return hostedRequest(c, bedrockModel(u), strings.HasSuffix(u.Path, "-stream"), body)
	},
	response: anthropicResponse,
	stream:   func(c *llm.Call) draft { return &framedDraft{anthropicDraft: anthropicDraft{call: c}} },
	framing:  eventStream,
}

func hostedRequest(c *llm.Call, model string, streamed bool, body []byte) bool {
	c.Model = model
	read := anthropicRequest(c, nil, body)
	if streamed {
		c.Params.Stream = new(true)
	}
	return read
}

// framedDraft takes frames that have an event each, in Base64.
type framedDraft struct{ anthropicDraft }

func (d *framedDraft) add(e event) bool {
	var frame struct {
		Bytes   []byte `json:"bytes"`
		Message string `json:"message"` // of an exception
	}
	switch {
	case json.Unmarshal(e.data, &frame) != nil: // not for us
	case isException(e.kind):
		d.out.err = &apiError{kind: e.kind, message: frame.Message}
	case e.kind == "chunk":
		return d.anthropicDraft.add(event{data: frame.Bytes})
	}
	return true
}

// textOf returns nil: Base64 of texts that differ is different throughout.
func (d *framedDraft) textOf(event, string) *strings.Builder { return nil }
