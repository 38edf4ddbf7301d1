// Command traced is plain with a span, exported.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/clewhq/clew"
)

func main() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.ServiceName("traced"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer func() { _ = shutdown(ctx) }()
	err = clew.Run(ctx, "ask", func(context.Context) error {
		resp, err := http.Get("http://example.com")
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		fmt.Println(resp.Status)
		return nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
