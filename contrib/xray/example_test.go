package clewxray_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	clewxray "github.com/clewhq/clew/contrib/xray"
	"github.com/clewhq/clew/propagators"
)

// A service between AWS and the rest of the world reads and writes both headers.
func Example() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.MoreFormats(clewxray.Format), clew.ContextFormats("tracecontext", "xray"),
		clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(ctx) }()

	received := propagators.Map{"X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}
	sent := propagators.Map{}
	clew.Inject(clew.Extract(ctx, received), sent)
	fmt.Println(sent["traceparent"])
	fmt.Println(sent["x-amzn-trace-id"])

	// Output:
	// 00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01
	// Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
}
