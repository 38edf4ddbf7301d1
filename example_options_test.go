package clew_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
)

func ExampleSession() {
	done := recording()
	ctx := context.Background()

	chat := clew.Func("turn", func(ctx context.Context, said string) (string, error) {
		return "You said " + said, clew.Run(ctx, "remember", func(context.Context) error { return nil })
	}, clew.Session("chat-7"), clew.User("ann"), clew.Tags("beta"))
	_, _ = chat(ctx, "hello")

	done()
	// Output:
	// turn in=hello out=You said hello tags=["beta"] session=chat-7 user=ann
	//   remember session=chat-7 user=ann
}

func ExampleInputWithout() {
	done := recording()

	type account struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	open := clew.Func("open", func(context.Context, account) (int, error) { return 1, nil }, clew.InputWithout("password"))
	_, _ = open(context.Background(), account{"ann", "secret"})

	done()
	// Output:
	// open in={"name":"ann"} out=1
}

func ExampleFormatInput() {
	done := recording()

	type document struct{ Title, Text string }
	index := clew.Func("index", func(context.Context, document) ([]float64, error) { return make([]float64, 1536), nil },
		clew.FormatInput(func(d document) any { return d.Title }),
		clew.FormatOutput(func(v []float64) any { return fmt.Sprintf("%d numbers", len(v)) }))
	_, _ = index(context.Background(), document{"Theseus", "Once upon a time"})

	done()
	// Output:
	// index in=Theseus out=1536 numbers
}

func ExampleWithTracingLevel() {
	done := recording()
	work := func(ctx context.Context) {
		_, _ = clew.Observe(ctx, "work", func(context.Context) (string, error) { return "out", nil }, clew.Input("in"))
	}

	work(clew.WithTracingLevel(context.Background(), clew.LevelMetaOnly)) // without content
	work(clew.WithTracingLevel(context.Background(), clew.LevelOff))      // not at all

	done()
	// Output:
	// work
}

func ExampleParentSpan() {
	done := recording()

	job := clew.StartDetached(context.Background(), "job")
	step := clew.StartDetached(context.Background(), "step", clew.ParentSpan(job))
	step.End()
	job.End()

	done()
	// Output:
	// job
	//   step
}

func ExampleSpan_Info() {
	_, span := clew.Start(context.Background(), "import")
	defer span.End()
	span.Info("read", attribute.Int("rows", 120))
	span.Warn("a row is empty", attribute.Int("row", 7))
}

func ExampleEvent() {
	ctx := context.Background()
	clew.Event(ctx, "cache missed", attribute.String("key", "greeting")) // on the current span, or one of its own
}

func ExampleSpan_RecordError() {
	done := recording()

	_, span := clew.Start(context.Background(), "charge")
	span.RecordError(errors.New("card declined"), clew.Stack)
	span.End()

	done()
	// Output:
	// charge error=card declined
}

func ExampleRevision() {
	prompt := clew.Func("summarize", func(context.Context, string) (string, error) { return "", nil },
		clew.Revision("prompt-12")) // clew.Revision("") stands for the commit that the program was built from
	_, _ = prompt(context.Background(), "…")
}

func ExampleLogHandler() {
	logger := slog.New(clew.LogHandler(slog.NewJSONHandler(os.Stderr, nil)))

	ctx, span := clew.Start(context.Background(), "search")
	defer span.End()
	logger.InfoContext(ctx, "found", "hits", 3) // {…,"msg":"found","hits":3,"trace_id":"…","span_id":"…"}
}

func ExampleAnnotate() {
	ctx := context.Background()
	_, span := clew.Start(ctx, "answer")
	column := span.Serialize() // kept beside the answer
	span.End()

	// Days later, when somebody has clicked.
	err := clew.Annotate(ctx, column, clew.Annotation{
		Tags:   []string{"reviewed"},
		Scores: []clew.Score{{Name: "helpful", Value: 1, Label: "thumbs up", Source: "user"}},
	})
	if err != nil {
		fmt.Println("not annotated:", err)
	}
}

// What goes in or comes out is not recorded at all: the argument of Func, the result, nor what SetInput says.
func ExampleNoInput() {
	done := recording()

	login := clew.Func("login", func(context.Context, string) (string, error) { return "session cookie", nil },
		clew.NoInput, clew.NoOutput)
	_, _ = login(context.Background(), "hunter2")

	done()
	// Output:
	// login
}

func ExampleInputFields() {
	done := recording()

	type order struct {
		ID      int    `json:"id"`
		Address string `json:"address"`
		Card    string `json:"card"`
	}
	ship := clew.Func("ship", func(context.Context, order) (string, error) { return "on its way", nil }, clew.InputFields("id"))
	_, _ = ship(context.Background(), order{7, "Knossos", "4242 4242 4242 4242"})

	done()
	// Output:
	// ship in={"id":7} out=on its way
}

// A span for work that is over already, and whose result is known: an answer from a cache.
func ExampleOutput() {
	done := recording()

	began := time.Now()
	answer := "Paris" // looked up in between
	clew.StartDetached(context.Background(), "answer", clew.CACHED, clew.StartTime(began), clew.Output(answer)).End()

	done()
	// Output:
	// answer CACHED out=Paris
}
