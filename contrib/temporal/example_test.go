package clewtemporal_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/clewhq/clew"
	clewtemporal "github.com/clewhq/clew/contrib/temporal"
)

// What starts a workflow, all its activities and the workflow itself become one trace, in the caller's session.
func Example() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(ctx) }()

	// The client connects when it is first used; workers that are made from it trace their work.
	c, err := client.NewLazyClient(client.Options{
		Logger:             silent{},
		ContextPropagators: []workflow.ContextPropagator{clewtemporal.Propagator()},
		Interceptors:       []interceptor.ClientInterceptor{clewtemporal.Interceptor()},
	})
	if err != nil {
		panic(err)
	}
	defer c.Close()

	// In a test, Temporal's environment stands for the service, and its header for what the client wrote at the start.
	header := &commonpb.Header{Fields: map[string]*commonpb.Payload{}}
	ctx, span := clew.Start(clew.WithSession(ctx, "chat-7"), "order tea")
	if err := clewtemporal.Propagator().Inject(ctx, fields(header.Fields)); err != nil {
		panic(err)
	}
	span.End()
	env := environment(header)
	env.ExecuteWorkflow(order, "tea")
	var out string
	if err := env.GetWorkflowResult(&out); err != nil {
		panic(err)
	}
	fmt.Println(out)

	// Output:
	// tea for chat-7
}

type fields map[string]*commonpb.Payload

func (f fields) Set(key string, value *commonpb.Payload) { f[key] = value }
