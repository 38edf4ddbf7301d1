package clients

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const bedrockModel = "us.anthropic.claude-sonnet-4-20250514-v1:0"

func bedrockClient(at site) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: &at.url, HTTPClient: at.http,
		Credentials: credentials.NewStaticCredentialsProvider("AKIATEST", secret, secret+"-session"),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		}),
	})
}

func bedrockAsked() ([]types.Message, *types.ToolConfiguration) {
	return []types.Message{{
			Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: question}},
		}}, &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name:        aws.String(tool),
			InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(schema)},
		}}}}
}

var bedrockConverse = client{
	wire: &converseWire, model: bedrockModel, provider: "aws.bedrock", retries: true, closes: true, noModel: true,
	ask: func(ctx context.Context, at site) (answer, error) {
		messages, tools := bedrockAsked()
		r, err := bedrockClient(at).Converse(ctx, &bedrockruntime.ConverseInput{
			ModelId: aws.String(bedrockModel), Messages: messages, ToolConfig: tools,
		})
		if err != nil {
			return answer{}, err
		}
		var out answer
		for _, b := range r.Output.(*types.ConverseOutputMemberMessage).Value.Content {
			switch b := b.(type) {
			case *types.ContentBlockMemberText:
				out.text += b.Value
			case *types.ContentBlockMemberToolUse:
				var input map[string]any
				if err := b.Value.Input.UnmarshalSmithyDocument(&input); err != nil {
					return out, err
				}
				args, err := json.Marshal(input)
				if err != nil {
					return out, err
				}
				out.tool, out.arguments = *b.Value.Name, string(args)
			}
		}
		return out, nil
	},
	stream: func(ctx context.Context, at site, first bool) (answer, error) {
		messages, tools := bedrockAsked()
		r, err := bedrockClient(at).ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{
			ModelId: aws.String(bedrockModel), Messages: messages, ToolConfig: tools,
		})
		if err != nil {
			return answer{}, err
		}
		s := r.GetStream()
		var out answer
		for e := range s.Events() {
			switch e := e.(type) {
			case *types.ConverseStreamOutputMemberContentBlockStart:
				if t, ok := e.Value.Start.(*types.ContentBlockStartMemberToolUse); ok {
					out.tool = *t.Value.Name
				}
			case *types.ConverseStreamOutputMemberContentBlockDelta:
				switch d := e.Value.Delta.(type) {
				case *types.ContentBlockDeltaMemberText:
					out.text += d.Value
				case *types.ContentBlockDeltaMemberToolUse:
					out.arguments += *d.Value.Input
				}
			}
			if first && out.text != "" {
				return out, s.Close()
			}
		}
		if err := s.Close(); err != nil {
			return out, err
		}
		return out, s.Err()
	},
}
