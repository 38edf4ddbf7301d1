package clew_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
)

func ExampleSetup() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, // without options spans go to a server on this machine
		clew.ServiceName("planner"), clew.ServiceVersion("1.4.2"),
		clew.ResourceAttributes(attribute.String("deployment.environment.name", "staging")),
		clew.Endpoint("https://clew.example"), clew.APIKey(os.Getenv("CLEW_KEY")),
	)
	if err != nil {
		log.Fatal(err) // an option is wrong
	}
	defer func() {
		if err := shutdown(context.Background()); err != nil {
			log.Print(err) // how many spans were lost, and why
		}
	}()
}

func ExampleFlush() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := clew.Flush(ctx); err != nil { // before a function of a cloud is frozen
		log.Print(err)
	}
}

func ExampleStats() {
	s := clew.Stats()
	fmt.Println(s.Sent, s.Waiting, s.Full+s.Refused+s.Abandoned+s.Late, s.LastError)
}

func ExampleQueue() {
	shutdown, err := clew.Setup(context.Background(), clew.Queue(100_000, 512<<20)) // for bursts
	_, _ = shutdown, err
}

func ExampleDiskSpool() {
	shutdown, err := clew.Setup(context.Background(), clew.DiskSpool("/var/lib/planner/spool", 1<<30))
	_, _ = shutdown, err
}

func ExampleHTTPClient() {
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
	shutdown, err := clew.Setup(context.Background(), clew.HTTPClient(client), clew.Headers(map[string]string{"X-Tenant": "blue"}))
	_, _ = shutdown, err
}

func ExampleClientCertificate() {
	shutdown, err := clew.Setup(context.Background(), clew.ClientCertificate("client.pem", "client.key"))
	_, _ = shutdown, err
}

func ExampleTracerProvider() {
	tp := sdktrace.NewTracerProvider() // with whatever the program wants
	shutdown, err := clew.Setup(context.Background(), clew.TracerProvider(tp), clew.Endpoint("http://127.0.0.1:4318"))
	_, _ = shutdown, err
}

func ExampleNewProcessor() {
	p, err := clew.NewProcessor(clew.Endpoint("http://127.0.0.1:4318"))
	if err != nil {
		log.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p)) // nothing global is touched
	defer func() { _ = tp.Shutdown(context.Background()) }()
}

func ExampleNewExporter() {
	e, err := clew.NewExporter(clew.Endpoint("http://127.0.0.1:4318"))
	if err != nil {
		log.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e))
	defer func() { _ = tp.Shutdown(context.Background()) }()
}

func ExampleNewTextExporter() {
	lines := sdktrace.NewSimpleSpanProcessor(clew.NewTextExporter(os.Stderr)) // a line for each span that ends
	shutdown, err := clew.Setup(context.Background(), clew.SpanProcessor(lines))
	_, _ = shutdown, err
}

func ExampleNewFileExporter() {
	e, err := clew.NewFileExporter("spans.jsonl") // for "clew import"
	if err != nil {
		log.Fatal(err)
	}
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(e))
	_, _ = shutdown, err
}

// printer shows what is sent instead of sending it.
type printer struct{}

func (printer) Send(_ context.Context, request []byte) error {
	fmt.Println("a request of OTLP:", len(request) > 0)
	return nil
}

func (printer) Close() error { return nil }

func ExampleSendWith() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.SendWith(printer{}))
	if err != nil {
		log.Fatal(err)
	}
	_ = clew.Run(ctx, "work", func(context.Context) error { return nil })
	_ = shutdown(ctx)
	// Output:
	// a request of OTLP: true
}

// bus delivers requests over a message bus, which has hiccups.
type bus struct{ publish func([]byte) error }

func (b bus) Send(_ context.Context, request []byte) error {
	if err := b.publish(request); err != nil {
		return &clew.SendError{Err: err, Retry: true, After: time.Second} // any other error is final: the spans are lost
	}
	return nil
}

func (bus) Close() error { return nil }

func ExampleSendError() {
	publish := func([]byte) error { return nil } // the client's of the bus
	shutdown, err := clew.Setup(context.Background(), clew.SendWith(bus{publish}))
	_, _ = shutdown, err
}

func ExampleHeartbeat() {
	shutdown, err := clew.Setup(context.Background(), clew.Heartbeat(10*time.Second)) // a process that dies is noticed within 30 s
	_, _ = shutdown, err
}

func ExampleBuildRevision() {
	fmt.Printf("planner %s, traced by clew %s\n", clew.BuildRevision(), clew.Version)
}
