package clients

import (
	"context"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/clewhq/clew/internal/modeltest"
)

const anthropicModel = "claude-sonnet-4-5"

func anthropicParams() anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: anthropicModel, MaxTokens: 100,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(question))},
		Tools: []anthropic.ToolUnionParam{
			anthropic.ToolUnionParamOfTool(anthropic.ToolInputSchemaParam{Properties: schema["properties"]}, tool),
		},
	}
}

func anthropicClient(at site) anthropic.Client {
	return anthropic.NewClient(
		option.WithBaseURL(at.url), option.WithAPIKey(secret), option.WithHTTPClient(at.http),
		option.WithoutOpenTelemetry()) // its own spans would tell the usage again, and its headers the trace to the provider
}

func anthropicAnswer(m *anthropic.Message) answer {
	var out answer
	for _, b := range m.Content {
		switch b := b.AsAny().(type) {
		case anthropic.TextBlock:
			out.text += b.Text
		case anthropic.ToolUseBlock:
			out.tool, out.arguments = b.Name, string(b.Input)
		}
	}
	return out
}

var anthropicMessages = client{
	wire: &modeltest.Anthropic, model: anthropicModel, provider: "anthropic", retries: true, closes: true,
	ask: func(ctx context.Context, at site) (answer, error) {
		c := anthropicClient(at)
		m, err := c.Messages.New(ctx, anthropicParams())
		if err != nil {
			return answer{}, err
		}
		return anthropicAnswer(m), nil
	},
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		c := anthropicClient(at)
		s := c.Messages.NewStreaming(ctx, anthropicParams())
		defer func() { _ = s.Close() }()
		var m anthropic.Message
		for s.Next() {
			if err := m.Accumulate(s.Current()); err != nil {
				return answer{}, err
			}
			if out := anthropicAnswer(&m); first && out.text != "" {
				return out, s.Close()
			}
		}
		return anthropicAnswer(&m), s.Err()
	},
}
