// Package clewtemporal connects traces through Temporal workflows with go.temporal.io/sdk.
//
//	c, err := client.Dial(client.Options{
//		ContextPropagators: []workflow.ContextPropagator{clewtemporal.Propagator()},
//		Interceptors:       []interceptor.ClientInterceptor{clewtemporal.Interceptor()},
//	})
//
// A worker made from this client uses both too. [Propagator] carries the context; [Interceptor] makes the spans: of
// calls to a client, of each attempt of an activity, and of a workflow when it has completed. They also work alone.
//
// # Days later, on another machine
//
// Whoever starts a workflow leaves the serialized span context in the header, which Temporal keeps in the workflow's
// history. All that the workflow starts (activities, child workflows, its next run) gets the same text from there, so a
// replay on any worker writes the same headers, records no span again and adds nothing to the history: workflows that
// are running when this package is added or removed go on. A span's id cannot be known before it is recorded, so
// activities are children of the span that started the workflow, beside the workflow's own.
//
// A workflow that nobody traced, started by a schedule for instance, gets a context made from its namespace and ids.
// Its spans are one trace whose first parent does not exist.
//
// # Who learns what
//
// A Temporal service is taken for a system of your own: session, user and metadata are in the headers, where everybody
// sees them who may read histories. [IDsOnly] keeps them back.
package clewtemporal
