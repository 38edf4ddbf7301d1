package recipes_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/internal/servertest"
)

// Where the servers of the recipes are.
var redisURL, postgresURL string

// spans are those that have ended.
var spans = tracetest.NewSpanRecorder()

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	redis, err := servertest.Redis()
	if err != nil {
		return 1, err
	}
	defer func() { _ = redis.Stop() }()
	postgres, err := servertest.PostgreSQL()
	if err != nil {
		return 1, err
	}
	defer func() { _ = postgres.Stop() }()
	redisURL, postgresURL = redis.URL, postgres.URL
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(tracetest.NewNoopExporter()),
		clew.SpanProcessor(spans), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return 1, err
	}
	defer func() { _ = shutdown(context.Background()) }()
	return m.Run(), nil
}

// tell prints what a recipe has come to: the names of the spans from the root to here, and the session.
func tell(ctx context.Context) {
	c, err := clew.Deserialize(clew.Serialize(ctx))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(c.Path, " > "), "in session", c.Session)
}

// served prints the name of the server's span that ended last.
func served() {
	for _, s := range slices.Backward(spans.Ended()) {
		if s.SpanKind() == trace.SpanKindServer {
			fmt.Println("served", s.Name())
			return
		}
	}
}

// must ends an example that cannot go on.
func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
