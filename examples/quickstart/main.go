// Quickstart sends one small trace to a Clew server on this machine: start one with "clew serve", run this, and open
// http://127.0.0.1:4318.
package main

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/clewhq/clew"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	shutdown, err := clew.Setup(ctx, clew.ServiceName("quickstart"))
	if err != nil {
		return err
	}
	ctx = clew.WithUser(clew.WithSession(ctx, "quickstart"), "you")

	column, err := clew.Observe(ctx, "order", order, clew.EXECUTOR, clew.Input("two tickets to Knossos"))
	if err != nil {
		return err
	}
	// Days later, in another process, with nothing but the database column:
	if err := clew.Run(clew.Continue(context.Background(), column), "deliver", func(context.Context) error {
		time.Sleep(20 * time.Millisecond)
		return nil
	}); err != nil {
		return err
	}

	c, err := clew.Deserialize(column)
	if err != nil {
		return err
	}
	if err := shutdown(context.Background()); err != nil {
		return fmt.Errorf("is a server listening? %w", err)
	}
	fmt.Printf("http://127.0.0.1:4318/traces/%s\n", c.SpanContext.TraceID())
	return nil
}

// order is one step with two tools; it returns what a program would save beside the order.
func order(ctx context.Context) (string, error) {
	price := clew.Func("price", func(_ context.Context, what string) (int, error) {
		return 10 * len(strings.Fields(what)), nil
	}, clew.TOOL)
	total, err := price(ctx, "two tickets")
	if err != nil {
		return "", err
	}
	ctx, pay := clew.Start(ctx, "pay", clew.TOOL, clew.Input(total))
	defer pay.End()
	pay.AddTags("payment")
	return clew.Serialize(ctx), nil
}
