// Package mixed is two services that call each other over HTTP, one instrumented by OpenTelemetry's otelhttp and one by
// clewhttp, with spans made by hand inside both. Its test shows that all of them look and nest the same.
package mixed

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// Instrumentation is one way to connect a trace over HTTP.
type Instrumentation struct {
	Handler   func(http.Handler) http.Handler
	Transport func(http.RoundTripper) http.RoundTripper
}

// OpenTelemetry uses the propagator that Setup registered; for the session to reach the other side, Setup needs
// ShareInherited.
var OpenTelemetry = Instrumentation{
	Handler:   func(h http.Handler) http.Handler { return otelhttp.NewHandler(h, "serve") },
	Transport: func(t http.RoundTripper) http.RoundTripper { return otelhttp.NewTransport(t) },
}

// Clew tells the session to this machine and to the hosts that AllowHosts names.
var Clew = Instrumentation{
	Handler:   func(h http.Handler) http.Handler { return clewhttp.Handler(h) },
	Transport: func(t http.RoundTripper) http.RoundTripper { return clewhttp.Transport(t) },
}

// Tools is a service that does its work in a span made by hand.
func Tools(i Instrumentation) http.Handler {
	return i.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := clew.Run(r.Context(), "tool", func(context.Context) error {
			_, err := io.WriteString(w, "42")
			return err
		}, clew.TOOL)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
}

// Plan asks a Tools service inside a span made by hand.
func Plan(ctx context.Context, i Instrumentation, url string) (string, error) {
	return clew.Observe(ctx, "plan", func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return "", err
		}
		client := &http.Client{Transport: i.Transport(http.DefaultTransport)}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s answered %s", url, resp.Status)
		}
		return string(body), err
	}, clew.EXECUTOR)
}
