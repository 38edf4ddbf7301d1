package recipes_test

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// An entry of a Redis stream is a map, so the context has fields of its own in it.
func Example_redisStream() {
	ctx := clew.WithSession(context.Background(), "chat-7")
	rdb := redis.NewClient(must(redis.ParseURL(redisURL)))
	defer func() { _ = rdb.Close() }()
	const stream, group = "orders", "kitchen"
	check(rdb.XGroupCreateMkStream(ctx, stream, group, "0").Err())

	check(clew.Run(ctx, "send orders", func(ctx context.Context) error {
		values := propagators.Any{"order": "7"}
		clew.Inject(ctx, values)
		return rdb.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: map[string]any(values)}).Err()
	}, clew.Kind(trace.SpanKindProducer)))

	entries := must(rdb.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: group, Consumer: "cook", Streams: []string{stream, ">"}, Count: 1, Block: time.Minute,
	}).Result())
	for _, m := range entries[0].Messages {
		work, from := clew.Receive(context.Background(), propagators.Any(m.Values))
		check(clew.Run(work, "process orders", func(ctx context.Context) error {
			tell(ctx)
			return rdb.XAck(ctx, stream, group, m.ID).Err()
		}, clew.Kind(trace.SpanKindConsumer), from))
	}

	// Output:
	// send orders > process orders in session chat-7
}
