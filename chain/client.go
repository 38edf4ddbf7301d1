package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// ask asks, for a user and in a session, and prints the id of the trace.
func ask(ctx context.Context, s system) error {
	ctx = clew.WithUser(clew.WithSession(ctx, "chat-7"), "ada")
	return clew.Run(ctx, "ask", func(ctx context.Context) error {
		fmt.Println(clew.CurrentSpan(ctx).OTel().SpanContext().TraceID())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.HTTP+"/questions", strings.NewReader(question))
		if err != nil {
			return err
		}
		resp, err := (&http.Client{Transport: clewhttp.Transport(nil)}).Do(req)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusAccepted {
			err = fmt.Errorf("the answer is %s", resp.Status)
		}
		_ = resp.Body.Close()
		return err
	})
}
