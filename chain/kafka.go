package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	clewfranz "github.com/clewhq/clew/contrib/franz"
	"github.com/clewhq/clew/propagators"
)

// fromKafka takes a question from the topic and puts it into a table of PostgreSQL, the context in a column beside it.
func fromKafka(ctx context.Context, s system) error {
	db, err := pgx.Connect(ctx, s.Postgres)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(ctx) }()
	kafka, err := kgo.NewClient(kgo.SeedBrokers(s.Kafka), kgo.ConsumeTopics(s.Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer kafka.Close()
	fetched := kafka.PollFetches(ctx)
	if err := fetched.Err(); err != nil {
		return err
	}
	record := fetched.Records()[0]
	return clewfranz.Process(ctx, record, func(ctx context.Context) error {
		return errors.Join(checked(string(record.Value)), insert(ctx, db, s.Topic, string(record.Value)))
	})
}

// insert is a client span and the row that carries it. Whoever listens is told.
func insert(ctx context.Context, db *pgx.Conn, topic, question string) error {
	return clew.Run(ctx, "INSERT work", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO work (topic, question, span_context) VALUES ($1, $2, $3)",
				topic, question, propagators.Column(clew.Serialize(ctx)))
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "NOTIFY work")
			return err
		})
	}, clew.Kind(trace.SpanKindClient))
}
