package main

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	clewamqp "github.com/clewhq/clew/contrib/amqp"
	"github.com/clewhq/clew/propagators"
)

func redisClient(s system) (*redis.Client, error) {
	opts, err := redis.ParseURL(s.Redis)
	if err != nil {
		return nil, err
	}
	return redis.NewClient(opts), nil
}

// fromRedis takes a question from the stream and publishes it to a queue of RabbitMQ.
func fromRedis(ctx context.Context, s system) error {
	conn, err := amqp.Dial(s.RabbitMQ)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := channel.Confirm(false); err != nil {
		return err
	}
	rdb, err := redisClient(s)
	if err != nil {
		return err
	}
	defer func() { _ = rdb.Close() }()
	streams, err := rdb.XRead(ctx, &redis.XReadArgs{Streams: []string{s.Topic, "0"}, Count: 1, Block: 0}).Result()
	if err != nil {
		return err
	}
	values := streams[0].Messages[0].Values
	ctx = clew.Extract(ctx, propagators.Any(values))
	return clew.Run(ctx, "process "+s.Topic, func(ctx context.Context) error {
		text := fmt.Sprint(values["question"])
		confirmation, err := clewamqp.Publish(ctx, channel, "", s.Topic, amqp.Publishing{Body: []byte(text)})
		if err != nil {
			return err
		}
		if acknowledged, err := confirmation.WaitContext(ctx); err != nil || !acknowledged {
			return errors.Join(errors.New("RabbitMQ did not take it"), err)
		}
		return checked(text)
	}, clew.Kind(trace.SpanKindConsumer))
}
