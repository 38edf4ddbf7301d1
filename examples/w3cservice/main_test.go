package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
)

func TestTheServiceCallsWhatItIsToldInTheSameTrace(t *testing.T) {
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shutdown(context.Background()) })
	var got []string
	callee := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, string(body)+" "+r.Header.Get("traceparent")[:35]+" "+r.Header.Get("tracestate"))
	}))
	defer callee.Close()
	service := httptest.NewServer(handler())
	defer service.Close()

	for body, status := range map[string]int{
		`[{"url":"` + callee.URL + `","arguments":[1]},{"url":"` + callee.URL + `","arguments":{"a":2}}]`: http.StatusOK,
		`[]`: http.StatusOK, `{`: http.StatusBadRequest, `[{"url":"http://127.0.0.1:1/"}]`: http.StatusBadGateway,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, service.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("traceparent", "00-0123456789abcdef0123456789abcdef-fedcba9876543210-01")
		req.Header.Set("tracestate", "1a@@b=2")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s: status %d, want %d", body, resp.StatusCode, status)
		}
	}
	const trace = " 00-0123456789abcdef0123456789abcdef 1a@@b=2"
	if len(got) != 2 || got[0] != "[1]"+trace || got[1] != `{"a":2}`+trace {
		t.Errorf("calls %q", got)
	}
}
