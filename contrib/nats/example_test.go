package clewnats_test

import (
	"context"
	"fmt"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	clewnats "github.com/clewhq/clew/contrib/nats"
)

// A trace, and its session, go on from the publisher to the subscriber.
func Example() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(ctx) }()
	server, err := start("", func(o *natsserver.Options) { o.JetStream = false }) // NATS, in this process
	if err != nil {
		panic(err)
	}
	defer server.Shutdown()
	conn, err := nats.Connect(server.ClientURL())
	if err != nil {
		panic(err)
	}
	defer conn.Close()

	done := make(chan error)
	if _, err := conn.Subscribe("orders", func(m *nats.Msg) {
		done <- clewnats.Process(ctx, m, func(ctx context.Context) error {
			session, _ := clew.SessionFrom(ctx)
			fmt.Printf("%s for session %s\n", m.Data, session)
			return nil
		})
	}); err != nil {
		panic(err)
	}
	if err := clewnats.Publish(clew.WithSession(ctx, "chat-7"), conn, &nats.Msg{Subject: "orders", Data: []byte("tea")}); err != nil {
		panic(err)
	}
	if err := <-done; err != nil {
		panic(err)
	}

	// Output:
	// tea for session chat-7
}
