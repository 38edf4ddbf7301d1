// Approval is a workflow that waits for a person: its span stays open, and the server shows what became of it. It does what
// its standard input says, a word on each line: "wait", "go on", "end", or "leave", which ends the program and leaves the span
// open. Start a server with "clew serve", run this, open the address that it prints, and kill it to see the span lost.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/clewhq/clew"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	// Half a minute, as clew.OpenSpans has it, is enough for work; a reader of examples waits less.
	shutdown, err := clew.Setup(ctx, clew.ServiceName("approval"), clew.Heartbeat(time.Second))
	if err != nil {
		return err
	}
	defer func() { _ = shutdown(context.Background()) }()

	ctx, span := clew.Start(ctx, "approve order", clew.EXECUTOR, clew.Input("two tickets to Knossos"))
	if err := clew.Run(ctx, "ask for approval", func(context.Context) error { return nil }, clew.TOOL); err != nil {
		return err
	}
	if err := clew.Flush(ctx); err != nil { // so that there is something to see
		return fmt.Errorf("is a server listening? %w", err)
	}
	fmt.Printf("/traces/%s\n", span.OTel().SpanContext().TraceID())

	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch lines.Text() {
		case "wait":
			span.Suspend()
		case "go on":
			span.Resume()
		case "end":
			span.SetOutput("approved")
			span.End()
		case "leave":
			return nil
		}
		if err := clew.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}
