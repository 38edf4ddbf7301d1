package clewhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// The server continues the trace of whoever calls it.
func ExampleHandler() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /greet/{name}", func(w http.ResponseWriter, r *http.Request) {
		session, _ := clew.SessionFrom(r.Context())
		fmt.Printf("hello %s, session %s\n", r.PathValue("name"), session)
	})
	server := clewhttp.Handler(mux)

	request := httptest.NewRequest(http.MethodGet, "/greet/ada", nil)
	request.Header.Set("X-Laminar-Span-Context",
		`{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"00000000-0000-0000-fedc-ba9876543210","sessionId":"chat-7"}`)
	server.ServeHTTP(httptest.NewRecorder(), request)

	// Output:
	// hello ada, session chat-7
}

// Every host gets a traceparent; session, user and metadata reach this machine and the hosts that are named.
func ExampleTransport() {
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(context.Background()) }()

	network := roundTrip(func(r *http.Request) (*http.Response, error) { // instead of the real one
		fmt.Println(r.URL.Host, len(r.Header["Traceparent"]), len(r.Header["X-Laminar-Span-Context"]))
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
	})
	client := &http.Client{Transport: clewhttp.Transport(network, clewhttp.AllowHosts("*.svc.example.com"))}

	ctx := clew.WithSession(context.Background(), "chat-7")
	for _, url := range []string{"http://tools.svc.example.com/", "https://api.model.example/"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			panic(err)
		}
		response, err := client.Do(request)
		if err != nil {
			panic(err)
		}
		_ = response.Body.Close()
	}

	// Output:
	// tools.svc.example.com 1 1
	// api.model.example 1 0
}

// In front of strangers and friends: of strangers ids are believed and no more, partners begin a trace with a link to theirs,
// and health checks make no span.
func ExampleExtraction() {
	server := clewhttp.Handler(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			session, ok := clew.SessionFrom(r.Context())
			fmt.Println(r.URL.Path, session, ok, clew.CurrentSpan(r.Context()) != nil)
		}),
		clewhttp.Extraction(clew.IDsOnly),
		clewhttp.Policy(func(r *http.Request) clew.Policy {
			if r.Header.Get("X-Partner") != "" {
				return clew.PolicyRestart
			}
			return clew.PolicyContinue
		}),
		clewhttp.Skip(func(r *http.Request) bool { return r.URL.Path == "/healthz" }), // Transport takes it, too
	)
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(context.Background()) }()

	for _, path := range []string{"/ask", "/healthz"} {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.Header.Set("X-Laminar-Span-Context",
			`{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"00000000-0000-0000-fedc-ba9876543210","sessionId":"forged"}`)
		server.ServeHTTP(httptest.NewRecorder(), request)
	}

	// Output:
	// /ask  false true
	// /healthz  false false
}
