package clients

import (
	"context"
	"errors"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/clewhq/clew/internal/modeltest"
)

// langchain makes the client of one of langchaingo's models.
func langchain(c client, model func(at site) (llms.Model, error)) client {
	options := []llms.CallOption{llms.WithMaxTokens(100)}
	if !c.noTools {
		options = append(options, llms.WithTools([]llms.Tool{{
			Type: "function", Function: &llms.FunctionDefinition{Name: tool, Description: "Measures.", Parameters: schema},
		}}))
	}
	ask := func(ctx context.Context, at site, opts ...llms.CallOption) (answer, error) {
		m, err := model(at)
		if err != nil {
			return answer{}, err
		}
		r, err := m.GenerateContent(ctx, []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, question)},
			append(opts, options...)...)
		if err != nil {
			return answer{}, err
		}
		var out answer
		for _, choice := range r.Choices {
			out.text += choice.Content
			for _, t := range choice.ToolCalls {
				out.tool, out.arguments = t.FunctionCall.Name, t.FunctionCall.Arguments
			}
		}
		return out, nil
	}
	c.ask = func(ctx context.Context, at site) (answer, error) { return ask(ctx, at) }
	c.stream = func(ctx context.Context, at site, first bool) (answer, error) {
		var said answer
		out, err := ask(ctx, at, llms.WithStreamingFunc(func(_ context.Context, piece []byte) error {
			if said.text += string(piece); first {
				return errEnough
			}
			return nil
		}))
		if errors.Is(err, errEnough) {
			return said, nil
		}
		return out, err
	}
	return c
}

var langchainOpenAI = langchain(client{wire: &modeltest.Chat, model: openaiModel, provider: "openai"},
	func(at site) (llms.Model, error) {
		return openai.New(openai.WithToken(secret), openai.WithModel(openaiModel), openai.WithBaseURL(at.url+"/v1"),
			openai.WithHTTPClient(at.http))
	})

var langchainAnthropic = langchain(client{wire: &modeltest.Anthropic, model: anthropicModel, provider: "anthropic"},
	func(at site) (llms.Model, error) {
		return anthropic.New(anthropic.WithToken(secret), anthropic.WithModel(anthropicModel),
			anthropic.WithBaseURL(at.url+"/v1"), anthropic.WithHTTPClient(at.http))
	})

var langchainOllama = langchain(client{wire: &modeltest.Ollama, model: ollamaModel, provider: "ollama", noTools: true},
	func(at site) (llms.Model, error) {
		return ollama.New(ollama.WithModel(ollamaModel), ollama.WithServerURL(at.url), ollama.WithHTTPClient(at.http))
	})
