package llmhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"
)

// Every SDK that lets its http.Client be set is recorded by a transport.
func ExampleTransport() {
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, replyPlain) // in place of api.openai.com
	}))
	defer model.Close()

	recorded := tracetest.NewInMemoryExporter() // in place of a server
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(recorded))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(context.Background()) }()

	client := &http.Client{Transport: llmhttp.Transport(nil)}

	r, err := http.NewRequest(http.MethodPost, model.URL+"/v1/chat/completions", strings.NewReader(askPlain))
	if err != nil {
		panic(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		panic(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()

	if err := clew.Flush(context.Background()); err != nil {
		panic(err)
	}
	for _, span := range recorded.GetSpans() {
		call := llm.Decode(span.Attributes)
		fmt.Println(span.Name, "→", call.Output[0].Parts[0])
		fmt.Println(*call.Usage.Input, "tokens in,", *call.Usage.Output, "out")
	}
	// Output:
	// chat gpt-4o → Hi.
	// 3 tokens in, 2 out
}

// SDKs made by Stainless, such as openai-go and anthropic-sdk-go, take a middleware as an option.
func ExampleMiddleware() {
	middleware := llmhttp.Middleware(llmhttp.CaptureContent(false))

	r, err := http.NewRequest(http.MethodGet, "https://api.openai.com/v1/models", http.NoBody)
	if err != nil {
		panic(err)
	}
	resp, err := middleware(r, func(*http.Request) (*http.Response, error) { // the SDK gives it the next step
		return &http.Response{Status: "200 OK", Body: http.NoBody}, nil
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = resp.Body.Close() }()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

// A gateway of one's own is named, requests to anybody else get ordinary HTTP spans, and what is copied of a body is bounded.
func ExampleHost() {
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, replyPlain)
	}))
	defer model.Close()
	weather := httptest.NewServer(http.NotFoundHandler())
	defer weather.Close()
	recorded := tracetest.NewInMemoryExporter()
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(recorded))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(context.Background()) }()

	client := &http.Client{Transport: llmhttp.Transport(nil,
		llmhttp.Host(strings.TrimPrefix(model.URL, "http://"), "our-gateway"), // such as "models.internal:8080"
		llmhttp.Others(clewhttp.Transport(nil)),
		llmhttp.MaxCapture(1<<20),
	)}
	for _, url := range []string{model.URL + "/v1/chat/completions", weather.URL + "/today"} {
		resp, err := client.Post(url, "application/json", strings.NewReader(askPlain))
		if err != nil {
			panic(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}

	if err := clew.Flush(context.Background()); err != nil {
		panic(err)
	}
	for _, span := range recorded.GetSpans() {
		fmt.Printf("%s %q\n", span.Name, llm.Decode(span.Attributes).Provider)
	}
	// Output:
	// chat gpt-4o "our-gateway"
	// POST ""
}
