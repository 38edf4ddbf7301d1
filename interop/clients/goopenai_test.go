package clients

import (
	"context"
	"errors"
	"io"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/clewhq/clew/internal/modeltest"
)

func goOpenAIRequest() goopenai.ChatCompletionRequest {
	return goopenai.ChatCompletionRequest{
		Model:    openaiModel,
		Messages: []goopenai.ChatCompletionMessage{{Role: goopenai.ChatMessageRoleUser, Content: question}},
		Tools: []goopenai.Tool{{
			Type: goopenai.ToolTypeFunction, Function: &goopenai.FunctionDefinition{Name: tool, Parameters: schema},
		}},
	}
}

func goOpenAIClient(at site) *goopenai.Client {
	config := goopenai.DefaultConfig(secret)
	config.BaseURL = at.url + "/v1"
	config.HTTPClient = at.http
	return goopenai.NewClientWithConfig(config)
}

var goOpenAI = client{
	wire: &modeltest.Chat, model: openaiModel, provider: "openai", closes: true,
	ask: func(ctx context.Context, at site) (answer, error) {
		r, err := goOpenAIClient(at).CreateChatCompletion(ctx, goOpenAIRequest())
		if err != nil {
			return answer{}, err
		}
		m := r.Choices[0].Message
		out := answer{text: m.Content}
		for _, t := range m.ToolCalls {
			out.tool, out.arguments = t.Function.Name, t.Function.Arguments
		}
		return out, nil
	},
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		r := goOpenAIRequest()
		r.StreamOptions = &goopenai.StreamOptions{IncludeUsage: true}
		s, err := goOpenAIClient(at).CreateChatCompletionStream(ctx, r)
		if err != nil {
			return answer{}, err
		}
		defer func() { _ = s.Close() }()
		var out answer
		for {
			chunk, err := s.Recv()
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			if err != nil {
				return out, err
			}
			for _, choice := range chunk.Choices {
				out.text += choice.Delta.Content
				for _, t := range choice.Delta.ToolCalls {
					out.tool += t.Function.Name
					out.arguments += t.Function.Arguments
				}
			}
			if first && out.text != "" {
				return out, s.Close()
			}
		}
	},
}
