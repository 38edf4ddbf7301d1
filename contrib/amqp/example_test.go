package clewamqp_test

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	clewamqp "github.com/clewhq/clew/contrib/amqp"
)

// A trace, and its session, go on from the publisher to the consumer.
func Example() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(ctx) }()
	conn, err := amqp.Dial(url)
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()
	channel, err := conn.Channel()
	if err != nil {
		panic(err)
	}
	queue, err := channel.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		panic(err)
	}
	deliveries, err := channel.Consume(queue.Name, "", true, true, false, false, nil)
	if err != nil {
		panic(err)
	}

	if _, err := clewamqp.Publish(clew.WithSession(ctx, "chat-7"), channel, "", queue.Name, amqp.Publishing{Body: []byte("tea")}); err != nil {
		panic(err)
	}
	d := <-deliveries
	err = clewamqp.Process(ctx, d, func(ctx context.Context) error {
		session, _ := clew.SessionFrom(ctx)
		fmt.Printf("%s for session %s\n", d.Body, session)
		return nil
	})
	if err != nil {
		panic(err)
	}

	// Output:
	// tea for session chat-7
}
