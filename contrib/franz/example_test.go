package clewfranz_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	clewfranz "github.com/clewhq/clew/contrib/franz"
)

// A trace, and its session, go on from the producer to the consumer.
func Example() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(ctx) }()

	broker := kfake.MustCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders")) // Kafka, in this process
	defer broker.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.ConsumeTopics("orders"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.WithHooks(clewfranz.Producer()))
	if err != nil {
		panic(err)
	}
	defer client.Close()

	record := &kgo.Record{Topic: "orders", Value: []byte("tea")}
	if err := client.ProduceSync(clew.WithSession(ctx, "chat-7"), record).FirstErr(); err != nil {
		panic(err)
	}

	client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
		err := clewfranz.Process(ctx, r, func(ctx context.Context) error {
			session, _ := clew.SessionFrom(ctx)
			fmt.Printf("%s for session %s\n", r.Value, session)
			return nil
		})
		if err != nil {
			panic(err)
		}
	})

	// Output:
	// tea for session chat-7
}
