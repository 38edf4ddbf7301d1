package main

import (
	"context"
	"errors"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/twmb/franz-go/pkg/kgo"

	clewamqp "github.com/clewhq/clew/contrib/amqp"
	clewfranz "github.com/clewhq/clew/contrib/franz"
)

// fromRabbitMQ takes a question from the queue and produces it to a topic of Kafka.
func fromRabbitMQ(ctx context.Context, s system) error {
	kafka, err := kgo.NewClient(kgo.SeedBrokers(s.Kafka), kgo.WithHooks(clewfranz.Producer()))
	if err != nil {
		return err
	}
	defer kafka.Close()
	conn, err := amqp.Dial(s.RabbitMQ)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	deliveries, err := channel.ConsumeWithContext(ctx, s.Topic, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	d, open := <-deliveries
	if !open {
		return errors.New("RabbitMQ ended the delivery")
	}
	err = clewamqp.Process(ctx, d, func(ctx context.Context) error {
		sent := kafka.ProduceSync(ctx, &kgo.Record{Topic: s.Topic, Value: d.Body})
		return errors.Join(checked(string(d.Body)), sent.FirstErr())
	})
	return errors.Join(err, d.Ack(false))
}
