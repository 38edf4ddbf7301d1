package llmhttp

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"

	"github.com/clewhq/clew/llm"
)

// vertexPredict is the method of Vertex AI that Google's own models had before generateContent, and some have still:
// embeddings of text, pictures of Imagen. Other people's models behind it have bodies of their own, and stay unread.
var vertexPredict = provider{
	api:       "vertex-predict",
	within:    "/publishers/google/models/",
	paths:     []string{":predict"},
	vendor:    vertexVendor,
	operation: llm.GenerateContent,
	request:   predictRequest,
	response:  predictResponse,
}

func predictRequest(c *llm.Call, u *url.URL, body []byte) bool {
	c.Model, _, _ = strings.Cut(path.Base(u.Path), ":")
	if strings.Contains(c.Model, "embedding") {
		c.Operation = llm.Embeddings
	}
	var r struct {
		Instances []struct {
			Content string `json:"content"` // to embed
			Prompt  string `json:"prompt"`  // to draw
		} `json:"instances"`
		Parameters struct {
			Dimensions  integer `json:"outputDimensionality"`
			SampleCount integer `json:"sampleCount"`
			Seed        integer `json:"seed"`
		} `json:"parameters"`
	}
	if !unmarshalPrefix(body, &r) {
		return false
	}
	for _, i := range r.Instances {
		switch {
		case i.Content != "":
			c.Operation = llm.Embeddings
			c.Input = append(c.Input, llm.User(i.Content))
		case i.Prompt != "":
			c.Input = append(c.Input, llm.User(i.Prompt))
			c.Params.OutputType = "image"
		}
	}
	c.Params.Dimensions, c.Params.Seed = r.Parameters.Dimensions.count(), r.Parameters.Seed.value
	if n := r.Parameters.SampleCount.value; n != nil && *n != 1 {
		c.Params.Choices = n
	}
	return true
}

func predictResponse(c *llm.Call, body []byte) outcome {
	var r struct {
		Predictions []struct {
			Embeddings struct {
				Values     json.RawMessage `json:"values"`
				Statistics struct {
					Tokens integer `json:"token_count"`
				} `json:"statistics"`
			} `json:"embeddings"`
			MIMEType string `json:"mimeType"`
			Base64   string `json:"bytesBase64Encoded"`
			Filtered string `json:"raiFilteredReason"`
		} `json:"predictions"`
		Error json.RawMessage `json:"error"`
	}
	if !unmarshal(body, &r) {
		return outcome{}
	}
	for _, p := range r.Predictions {
		if n := dimensions(p.Embeddings.Values); n > 0 {
			c.Params.Dimensions = &n
		}
		c.Usage.Input = sum(c.Usage.Input, p.Embeddings.Statistics.Tokens.count())
		switch {
		case p.Base64 != "":
			answered(c, llm.Message{Role: llm.RoleAssistant, Parts: []llm.Part{
				llm.Blob{Modality: modality(p.MIMEType), MIMEType: p.MIMEType, Base64: p.Base64},
			}})
		case p.Filtered != "":
			answered(c, llm.Message{Role: llm.RoleAssistant, Parts: []llm.Part{llm.Text(p.Filtered)}, FinishReason: "content_filter"})
		}
	}
	return outcome{complete: true, err: embeddedError(r.Error)}
}
