package clients

import (
	"context"
	"encoding/json"

	"google.golang.org/genai"

	"github.com/clewhq/clew/internal/modeltest"
)

const geminiModel = "gemini-2.5-flash"

func genaiClient(ctx context.Context, at site) (*genai.Client, error) {
	return genai.NewClient(ctx, &genai.ClientConfig{
		APIKey: secret, Backend: genai.BackendGeminiAPI, HTTPClient: at.http,
		HTTPOptions: genai.HTTPOptions{BaseURL: at.url},
	})
}

var genaiConfig = &genai.GenerateContentConfig{Tools: []*genai.Tool{{
	FunctionDeclarations: []*genai.FunctionDeclaration{{Name: tool, ParametersJsonSchema: schema}},
}}}

func (a *answer) addGemini(r *genai.GenerateContentResponse) error {
	for _, p := range r.Candidates[0].Content.Parts {
		a.text += p.Text
		if f := p.FunctionCall; f != nil {
			args, err := json.Marshal(f.Args)
			if err != nil {
				return err
			}
			a.tool, a.arguments = f.Name, string(args)
		}
	}
	return nil
}

var genaiContent = client{
	wire: &modeltest.Gemini, model: geminiModel, provider: "gcp.gemini", closes: true,
	ask: func(ctx context.Context, at site) (answer, error) {
		c, err := genaiClient(ctx, at)
		if err != nil {
			return answer{}, err
		}
		r, err := c.Models.GenerateContent(ctx, geminiModel, genai.Text(question), genaiConfig)
		if err != nil {
			return answer{}, err
		}
		var out answer
		return out, out.addGemini(r)
	},
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		c, err := genaiClient(ctx, at)
		if err != nil {
			return answer{}, err
		}
		var out answer
		for r, err := range c.Models.GenerateContentStream(ctx, geminiModel, genai.Text(question), genaiConfig) {
			if err != nil {
				return out, err
			}
			if err := out.addGemini(r); err != nil || first {
				return out, err
			}
		}
		return out, nil
	},
}
