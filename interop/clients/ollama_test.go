package clients

import (
	"context"
	"errors"
	"net/url"

	"github.com/ollama/ollama/api"

	"github.com/clewhq/clew/internal/modeltest"
)

const ollamaModel = "llama3.2"

var errEnough = errors.New("enough")

func ollamaChat(ctx context.Context, at site, stream *bool, first bool) (answer, error) {
	base, err := url.Parse(at.url)
	if err != nil {
		return answer{}, err
	}
	var measure api.Tool
	measure.Type, measure.Function.Name = "function", tool
	measure.Function.Parameters.Type = "object"
	var out answer
	err = api.NewClient(base, at.http).Chat(ctx, &api.ChatRequest{
		Model: ollamaModel, Messages: []api.Message{{Role: "user", Content: question}}, Tools: api.Tools{measure}, Stream: stream,
	}, func(r api.ChatResponse) error {
		out.text += r.Message.Content
		for _, t := range r.Message.ToolCalls {
			out.tool, out.arguments = t.Function.Name, t.Function.Arguments.String()
		}
		if first {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}

var ollamaAPI = client{
	wire: &modeltest.Ollama, model: ollamaModel, provider: "ollama", closes: true,
	ask: func(ctx context.Context, at site) (answer, error) { return ollamaChat(ctx, at, new(false), false) },
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		return ollamaChat(ctx, at, nil, first) // it streams unless it is told not to
	},
}
