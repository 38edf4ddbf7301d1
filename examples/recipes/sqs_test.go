package recipes_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// sender is the part of an SQS client that sends.
type sender interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

var _ sender = (*sqs.Client)(nil)

// send puts the context into message attributes, of which SQS allows ten.
func send(ctx context.Context, queue sender, url, body string) error {
	return clew.Run(ctx, "send orders", func(ctx context.Context) error {
		carrier := propagators.Map{}
		clew.Inject(ctx, carrier)
		attributes := map[string]types.MessageAttributeValue{}
		for name, value := range carrier {
			attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		}
		_, err := queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageAttributes: attributes})
		return err
	}, clew.Kind(trace.SpanKindProducer))
}

// process needs a ReceiveMessageInput with MessageAttributeNames: []string{"All"}: SQS gives no attributes otherwise.
func process(ctx context.Context, m types.Message, work func(context.Context) error) error {
	carrier := propagators.Map{}
	for name, attribute := range m.MessageAttributes {
		carrier[name] = aws.ToString(attribute.StringValue)
	}
	ctx, from := clew.Receive(ctx, carrier)
	return clew.Run(ctx, "process orders", work, clew.Kind(trace.SpanKindConsumer), from)
}

// direct hands a message to its receiver without the service, which no package of Debian's has.
type direct struct{ receive func(types.Message) error }

func (d direct) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	return nil, d.receive(types.Message{Body: in.MessageBody, MessageAttributes: in.MessageAttributes})
}

// Amazon SQS: one message attribute for each header of the context.
func Example_sqs() {
	queue := direct{func(m types.Message) error {
		return process(context.Background(), m, func(ctx context.Context) error { tell(ctx); return nil })
	}}
	check(send(clew.WithSession(context.Background(), "chat-7"), queue, "https://sqs.example.com/orders", "7"))

	// Output:
	// send orders > process orders in session chat-7
}
