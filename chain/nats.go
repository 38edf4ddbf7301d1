package main

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	clewnats "github.com/clewhq/clew/contrib/nats"
	"github.com/clewhq/clew/propagators"
)

// fromNATS takes a question from the stream and adds it to a stream of Redis. There the context has fields of its own
// beside the question.
func fromNATS(ctx context.Context, s system) error {
	rdb, err := redisClient(s)
	if err != nil {
		return err
	}
	defer func() { _ = rdb.Close() }()
	conn, err := nats.Connect(s.NATS)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	consumer, err := js.CreateConsumer(ctx, s.Topic, jetstream.ConsumerConfig{})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	m, err := messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return err
	}
	err = clewnats.ProcessStream(ctx, m, func(ctx context.Context) error {
		return errors.Join(checked(string(m.Data())), add(ctx, rdb, s.Topic, string(m.Data())))
	})
	return errors.Join(err, m.Ack())
}

// add is a producer span and the entry that carries it.
func add(ctx context.Context, rdb *redis.Client, stream, question string) error {
	return clew.Run(ctx, "send "+stream, func(ctx context.Context) error {
		values := propagators.Any{"question": question}
		clew.Inject(ctx, values)
		return rdb.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: map[string]any(values)}).Err()
	}, clew.Kind(trace.SpanKindProducer))
}
