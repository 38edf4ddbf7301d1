package clients

import (
	"context"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/clewhq/clew/llmhttp"

	"github.com/clewhq/clew/internal/modeltest"
)

const openaiModel = "gpt-4o"

var schema = map[string]any{"type": "object", "properties": map[string]any{"of": map[string]any{"type": "string"}}}

func openaiClient(at site, opts ...option.RequestOption) openai.Client {
	return openai.NewClient(append([]option.RequestOption{
		option.WithBaseURL(at.url + "/v1"), option.WithAPIKey(secret), option.WithHTTPClient(at.http),
	}, opts...)...)
}

func openaiParams() openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:    openaiModel,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(question)},
		Tools: []openai.ChatCompletionToolUnionParam{
			openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: tool, Parameters: schema}),
		},
	}
}

var openaiChat = client{
	wire: &modeltest.Chat, model: openaiModel, provider: "openai", retries: true, closes: true,
	ask: func(ctx context.Context, at site) (answer, error) {
		c := openaiClient(at)
		return openaiAsk(ctx, &c)
	},
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		c := openaiClient(at)
		return openaiStream(ctx, &c, first)
	},
}

// openaiMiddleware is the same client with our middleware as well as our transport, which make one span.
var openaiMiddleware = client{
	wire: &modeltest.Chat, model: openaiModel, provider: "openai", retries: true, closes: true,
	ask: func(ctx context.Context, at site) (answer, error) {
		c := openaiClient(at, middlewareIfRecorded(at)...)
		return openaiAsk(ctx, &c)
	},
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		c := openaiClient(at, middlewareIfRecorded(at)...)
		return openaiStream(ctx, &c, first)
	},
}

func middlewareIfRecorded(at site) []option.RequestOption {
	if !at.recorded {
		return nil
	}
	return []option.RequestOption{option.WithMiddleware(at.middleware)}
}

func openaiAsk(ctx context.Context, c *openai.Client) (answer, error) {
	r, err := c.Chat.Completions.New(ctx, openaiParams())
	if err != nil {
		return answer{}, err
	}
	m := r.Choices[0].Message
	out := answer{text: m.Content}
	for _, t := range m.ToolCalls {
		out.tool, out.arguments = t.Function.Name, t.Function.Arguments
	}
	return out, nil
}

func openaiStream(ctx context.Context, c *openai.Client, first bool) (answer, error) {
	p := openaiParams()
	p.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
	s := c.Chat.Completions.NewStreaming(ctx, p)
	defer func() { _ = s.Close() }()
	var out answer
	for s.Next() {
		for _, choice := range s.Current().Choices {
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
	return out, s.Err()
}

func responsesParams() responses.ResponseNewParams {
	return responses.ResponseNewParams{
		Model: openaiModel,
		Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt(question)},
		Tools: []responses.ToolUnionParam{responses.ToolParamOfFunction(tool, schema, false)},
	}
}

var openaiResponses = client{
	wire: &modeltest.Responses, model: openaiModel, provider: "openai", retries: true, closes: true,
	ask: func(ctx context.Context, at site) (answer, error) {
		c := openaiClient(at)
		r, err := c.Responses.New(ctx, responsesParams())
		if err != nil {
			return answer{}, err
		}
		out := answer{text: r.OutputText()}
		for _, item := range r.Output {
			if item.Type == "function_call" {
				call := item.AsFunctionCall()
				out.tool, out.arguments = call.Name, call.Arguments
			}
		}
		return out, nil
	},
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		c := openaiClient(at)
		s := c.Responses.NewStreaming(ctx, responsesParams())
		defer func() { _ = s.Close() }()
		var out answer
		for s.Next() {
			switch e := s.Current(); e.Type {
			case "response.output_text.delta":
				out.text += e.Delta
			case "response.output_item.added":
				out.tool = e.Item.Name
			case "response.function_call_arguments.delta":
				out.arguments += e.Delta
			}
			if first && out.text != "" {
				return out, s.Close()
			}
		}
		return out, s.Err()
	},
}

// The middleware has the type that openai-go and anthropic-sdk-go expect.
var _ option.Middleware = llmhttp.Middleware()
