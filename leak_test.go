package clew_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
)

// startedHere lists the goroutines that this module has started, and those that hold a connection for it.
func startedHere() (stacks []string) {
	room := make([]byte, 1<<20)
	for _, stack := range strings.Split(string(room[:runtime.Stack(room, true)]), "\n\n") {
		_, creator, _ := strings.Cut(stack, "created by ")
		if strings.HasPrefix(creator, "github.com/clewhq/clew") || strings.Contains(stack, "net/http.(*persistConn)") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

// settles waits for goroutines that are about to end: those of a connection do when it has been closed.
func settles(t *testing.T) {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	var left []string
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); runtime.Gosched() {
		if left = startedHere(); len(left) == 0 {
			return
		}
	}
	t.Errorf("%d goroutines are left: %s", len(left), strings.Join(left, "\n\n"))
}

func TestNoGoroutineIsLeftAfterShutdown(t *testing.T) {
	settles(t)
	up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer up.Close()
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client is gone
		<-r.Context().Done()
	}))
	defer stuck.Close()
	for name, tc := range map[string]struct {
		opts  []clew.Option
		given bool // a provider of the program's own
		late  bool // the server does not answer before the deadline
	}{
		"a server that answers": {opts: []clew.Option{clew.Endpoint(up.URL)}},
		"one that does not":     {opts: []clew.Option{clew.Endpoint(stuck.URL)}, late: true},
		"none at all":           {opts: []clew.Option{clew.Endpoint("http://127.0.0.1:1")}, late: true},
		"a spool":               {opts: []clew.Option{clew.Endpoint(up.URL), clew.DiskSpool(t.TempDir(), 0)}},
		"a spool it is left in": {opts: []clew.Option{clew.Endpoint(stuck.URL), clew.DiskSpool(t.TempDir(), 0)}, late: true},
		"open spans":            {opts: []clew.Option{clew.Endpoint(up.URL), clew.OpenSpans()}},
		"unsampled ones":        {opts: []clew.Option{clew.Endpoint(up.URL), clew.Sample(0), clew.KeepUnsampled(clew.Unsampled{})}},
		"another's exporter":    {opts: []clew.Option{clew.Exporter(tracetest.NewNoopExporter())}},
		"another's provider":    {opts: []clew.Option{clew.Endpoint(up.URL)}, given: true},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				opts := append([]clew.Option{clew.Logger(slog.New(slog.DiscardHandler))}, tc.opts...)
				if tc.given {
					tp := sdktrace.NewTracerProvider()
					defer func() { _ = tp.Shutdown(context.Background()) }()
					opts = append(opts, clew.TracerProvider(tp))
				}
				shutdown, err := clew.Setup(t.Context(), opts...)
				if err != nil {
					t.Fatal(err)
				}
				if err := <-clew.Go(t.Context(), "work", func(context.Context) error { return nil }); err != nil {
					t.Error(err)
				}
				clew.StartDetached(t.Context(), "left open")
				if !tc.late {
					_ = clew.Annotate(t.Context(), annotated, clew.Annotation{Tags: []string{"tag"}})
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if tc.late {
					cancel()
				}
				if err := shutdown(ctx); (err != nil) != tc.late {
					t.Errorf("shutdown says %v", err)
				}
				cancel()
			}
			settles(t)
		})
	}
}
