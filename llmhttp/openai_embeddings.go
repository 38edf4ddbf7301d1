package llmhttp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"

	"github.com/clewhq/clew/llm"
)

// openAIEmbeddings is OpenAI's embeddings API. Each text is a message of the input; vectors are not recorded.
var openAIEmbeddings = provider{
	api:       "openai-embeddings",
	paths:     []string{"/embeddings"},
	vendor:    openAIVendor,
	operation: llm.Embeddings,
	ours:      hasMembers("model", "input"),
	request:   embeddingsRequest,
	response:  embeddingsResponse,
}

func embeddingsRequest(c *llm.Call, u *url.URL, body []byte) bool {
	c.Model = azureDeployment(u)
	var r struct {
		Model          string          `json:"model"`
		Input          json.RawMessage `json:"input"` // text, list of texts, tokens, list of tokens
		Dimensions     integer         `json:"dimensions"`
		EncodingFormat string          `json:"encoding_format"`
	}
	if !unmarshalPrefix(body, &r) {
		return false
	}
	setText(&c.Model, r.Model)
	c.Params.Dimensions = r.Dimensions.count()
	if r.EncodingFormat != "" {
		c.Params.EncodingFormats = []string{r.EncodingFormat}
	}
	c.Input = textsToEmbed(r.Input)
	return true
}

func textsToEmbed(input json.RawMessage) []llm.Message {
	if len(input) == 0 {
		return nil
	}
	texts := stringOrList(input)
	if texts == nil {
		texts = []string{string(input)} // tokens
	}
	var out []llm.Message
	for _, t := range texts {
		out = append(out, llm.User(t))
	}
	return out
}

func embeddingsResponse(c *llm.Call, body []byte) outcome {
	var r struct {
		openAIHead
		Data []struct {
			Embedding json.RawMessage `json:"embedding"` // numbers, or Base64 of float32
		} `json:"data"`
	}
	if !unmarshal(body, &r) {
		return outcome{}
	}
	r.apply(c)
	if len(r.Data) > 0 {
		if n := dimensions(r.Data[0].Embedding); n > 0 {
			c.Params.Dimensions = &n
		}
	}
	return outcome{complete: true, err: embeddedError(r.Error)}
}

// dimensions counts the numbers in a vector, 0 if it is none.
func dimensions(vector json.RawMessage) int64 {
	switch vector = bytes.TrimSpace(vector); {
	case bytes.HasPrefix(vector, []byte("[")) && len(bytes.Trim(vector, "[] \n")) > 0:
		return int64(bytes.Count(vector, []byte(",")) + 1)
	case bytes.HasPrefix(vector, []byte(`"`)):
		const float32Size = 4
		raw, err := base64.StdEncoding.DecodeString(justText(vector))
		if err == nil && len(raw)%float32Size == 0 {
			return int64(len(raw) / float32Size)
		}
	}
	return 0
}
