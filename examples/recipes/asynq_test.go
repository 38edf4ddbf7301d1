package recipes_test

import (
	"context"
	"net/url"

	"github.com/hibiken/asynq"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// A task of asynq has headers; a middleware of the worker reads them for all handlers.
func Example_asynq() {
	server := asynq.RedisClientOpt{Network: "unix", Addr: must(url.Parse(redisURL)).Path, DB: 1}
	client := asynq.NewClient(server)
	defer func() { _ = client.Close() }()

	check(clew.Run(clew.WithSession(context.Background(), "chat-7"), "send mail:welcome", func(ctx context.Context) error {
		headers := propagators.Map{}
		clew.Inject(ctx, headers)
		_, err := client.EnqueueContext(ctx, asynq.NewTaskWithHeaders("mail:welcome", []byte("ada"), headers))
		return err
	}, clew.Kind(trace.SpanKindProducer)))

	done := make(chan struct{})
	mux := asynq.NewServeMux()
	mux.Use(func(next asynq.Handler) asynq.Handler {
		return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
			ctx, from := clew.Receive(ctx, propagators.Map(task.Headers()))
			return clew.Run(ctx, "process "+task.Type(), func(ctx context.Context) error {
				return next.ProcessTask(ctx, task)
			}, clew.Kind(trace.SpanKindConsumer), from)
		})
	})
	mux.HandleFunc("mail:welcome", func(ctx context.Context, _ *asynq.Task) error {
		tell(ctx)
		close(done)
		return nil
	})
	worker := asynq.NewServer(server, asynq.Config{Concurrency: 1, LogLevel: asynq.FatalLevel})
	check(worker.Start(mux))
	<-done
	worker.Shutdown()

	// Output:
	// send mail:welcome > process mail:welcome in session chat-7
}
