// Command w3cservice is a service for the W3C's own test suite of Trace Context
// (https://github.com/w3c/trace-context, folder test): the suite posts a list of calls, the service makes them, and the
// suite looks at the headers that arrive.
//
//	go run ./examples/w3cservice -listen 127.0.0.1:7778
//	STRICT_LEVEL=2 SPEC_LEVEL=2 python3 test/test.py http://127.0.0.1:7778/
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:7778", "`address` to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "w3cservice:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen string) error {
	shutdown, err := clew.Setup(ctx, clew.ServiceName("w3cservice"))
	if err != nil {
		return err
	}
	server := &http.Server{Addr: listen, Handler: handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(late), shutdown(late))
}

// call is one request that the suite asks for.
type call struct {
	URL       string          `json:"url"`
	Arguments json.RawMessage `json:"arguments"`
}

// maxBody is far above what the suite sends.
const maxBody = 1 << 20

func handler() http.Handler {
	client := &http.Client{Transport: clewhttp.Transport(nil), Timeout: 10 * time.Second}
	return clewhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var calls []call
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&calls); err != nil {
			http.Error(w, "want a JSON array of {url, arguments}: "+err.Error(), http.StatusBadRequest)
			return
		}
		for _, c := range calls {
			if err := post(r.Context(), client, c); err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]int{"calls": len(calls)}) // whoever asked may have gone
	}))
}

func post(ctx context.Context, client *http.Client, c call) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(c.Arguments))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}
