package recipes_test

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// carrying is a middleware of River that keeps the context in the metadata of a job, so that neither arguments nor workers
// know of it.
type carrying struct {
	river.MiddlewareDefaults
}

// spanContext is what it adds to the metadata, beside what others have there.
const spanContext = "span_context"

func (*carrying) InsertMany(
	ctx context.Context, jobs []*rivertype.JobInsertParams, next func(context.Context) ([]*rivertype.JobInsertResult, error),
) ([]*rivertype.JobInsertResult, error) {
	for _, job := range jobs {
		metadata := map[string]json.RawMessage{}
		if len(job.Metadata) > 0 && json.Unmarshal(job.Metadata, &metadata) != nil {
			continue
		}
		carrier := propagators.Map{}
		clew.Inject(ctx, carrier)
		metadata[spanContext] = must(json.Marshal(carrier))
		job.Metadata = must(json.Marshal(metadata))
	}
	return next(ctx)
}

func (*carrying) Work(ctx context.Context, job *rivertype.JobRow, next func(context.Context) error) error {
	var metadata struct {
		SpanContext propagators.Map `json:"span_context"`
	}
	_ = json.Unmarshal(job.Metadata, &metadata) // what cannot be read is no context
	ctx, from := clew.Receive(ctx, metadata.SpanContext)
	return clew.Run(ctx, "process "+job.Kind, next, clew.Kind(trace.SpanKindConsumer), from)
}

type mail struct {
	To string `json:"to"`
}

func (mail) Kind() string { return "mail" }

type mailer struct {
	river.WorkerDefaults[mail]
	sent chan<- struct{}
}

func (w *mailer) Work(ctx context.Context, _ *river.Job[mail]) error {
	tell(ctx)
	close(w.sent)
	return nil
}

// A job of River, which lives in PostgreSQL.
func Example_river() {
	ctx := context.Background()
	pool := must(pgxpool.New(ctx, postgresURL))
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	quiet := slog.New(slog.DiscardHandler)
	migrator := must(rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet}))
	must(migrator.Migrate(ctx, rivermigrate.DirectionUp, nil))

	sent := make(chan struct{})
	workers := river.NewWorkers()
	river.AddWorker(workers, &mailer{sent: sent})
	client := must(river.NewClient(driver, &river.Config{
		Logger: quiet, Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
		Middleware: []rivertype.Middleware{&carrying{}},
	}))
	check(client.Start(ctx))
	check(clew.Run(clew.WithSession(ctx, "chat-7"), "sign up", func(ctx context.Context) error {
		_, err := client.Insert(ctx, mail{To: "ada"}, nil)
		return err
	}))
	<-sent
	check(client.Stop(ctx))

	// Output:
	// sign up > process mail in session chat-7
}
