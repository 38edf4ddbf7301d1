package clewtemporal

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/clewhq/clew"
)

// Attributes of spans. "workflow.id" is what Clew finds the parts of a torn workflow by.
const (
	keyID         = attribute.Key("workflow.id")
	keyRunID      = attribute.Key("temporal.run.id")
	keyWorkflow   = attribute.Key("temporal.workflow.type")
	keyNamespace  = attribute.Key("temporal.namespace")
	keyTaskQueue  = attribute.Key("temporal.task_queue")
	keyActivity   = attribute.Key("temporal.activity.type")
	keyActivityID = attribute.Key("temporal.activity.id")
	keyAttempt    = attribute.Key("temporal.activity.attempt")
)

// Interceptor makes spans, for client.Options.Interceptors or worker.Options.Interceptors.
func Interceptor(opts ...InterceptorOption) interceptor.Interceptor {
	i := &root{}
	for _, o := range opts {
		if o != nil {
			o.applyInterceptor(&i.config)
		}
	}
	return i
}

type root struct {
	interceptor.InterceptorBase
	config config
}

func (r *root) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	return &clientCalls{interceptor.ClientOutboundInterceptorBase{Next: next}, r.config}
}

func (r *root) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &activities{interceptor.ActivityInboundInterceptorBase{Next: next}, r.config}
}

func (r *root) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &workflows{interceptor.WorkflowInboundInterceptorBase{Next: next}, r.config}
}

func (c config) start(ctx context.Context, kind trace.SpanKind, name string, attrs ...attribute.KeyValue) (context.Context, *clew.Span) {
	return clew.Start(ctx, name, append([]clew.SpanOption{clew.Kind(kind), clew.Attr(attrs...)}, c.span...)...)
}

type clientCalls struct {
	interceptor.ClientOutboundInterceptorBase
	config config
}

func (c *clientCalls) ExecuteWorkflow(ctx context.Context, in *interceptor.ClientExecuteWorkflowInput) (run client.WorkflowRun, err error) {
	ctx, span := c.config.start(ctx, trace.SpanKindClient, "start "+in.WorkflowType, started(in.WorkflowType, in.Options)...)
	defer span.EndErr(&err)
	run, err = c.Next.ExecuteWorkflow(ctx, in)
	ran(span, run, err)
	return run, err
}

func (c *clientCalls) SignalWithStartWorkflow(ctx context.Context, in *interceptor.ClientSignalWithStartWorkflowInput) (run client.WorkflowRun, err error) {
	ctx, span := c.config.start(ctx, trace.SpanKindClient, "signal "+in.SignalName, started(in.WorkflowType, in.Options)...)
	defer span.EndErr(&err)
	run, err = c.Next.SignalWithStartWorkflow(ctx, in)
	ran(span, run, err)
	return run, err
}

func (c *clientCalls) SignalWorkflow(ctx context.Context, in *interceptor.ClientSignalWorkflowInput) (err error) {
	ctx, span := c.config.start(ctx, trace.SpanKindClient, "signal "+in.SignalName, keyID.String(in.WorkflowID))
	defer span.EndErr(&err)
	return c.Next.SignalWorkflow(ctx, in)
}

func (c *clientCalls) QueryWorkflow(ctx context.Context, in *interceptor.ClientQueryWorkflowInput) (value converter.EncodedValue, err error) {
	ctx, span := c.config.start(ctx, trace.SpanKindClient, "query "+in.QueryType, keyID.String(in.WorkflowID))
	defer span.EndErr(&err)
	return c.Next.QueryWorkflow(ctx, in)
}

func (c *clientCalls) UpdateWorkflow(ctx context.Context, in *interceptor.ClientUpdateWorkflowInput) (handle client.WorkflowUpdateHandle, err error) {
	ctx, span := c.config.start(ctx, trace.SpanKindClient, "update "+in.UpdateName, keyID.String(in.WorkflowID))
	defer span.EndErr(&err)
	return c.Next.UpdateWorkflow(ctx, in)
}

func started(workflowType string, o *client.StartWorkflowOptions) []attribute.KeyValue {
	attrs := []attribute.KeyValue{keyWorkflow.String(workflowType)}
	if o != nil {
		attrs = append(attrs, keyTaskQueue.String(o.TaskQueue))
		if o.ID != "" {
			attrs = append(attrs, keyID.String(o.ID))
		}
	}
	return attrs
}

func ran(span *clew.Span, run client.WorkflowRun, err error) {
	if err == nil && run != nil {
		span.SetAttributes(keyID.String(run.GetID()), keyRunID.String(run.GetRunID()))
	}
}

type activities struct {
	interceptor.ActivityInboundInterceptorBase
	config config
}

func (a *activities) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (out any, err error) {
	info := activity.GetInfo(ctx)
	attrs := []attribute.KeyValue{
		keyNamespace.String(info.Namespace), keyTaskQueue.String(info.TaskQueue), keyActivity.String(info.ActivityType.Name),
		keyActivityID.String(info.ActivityID), keyAttempt.Int(int(info.Attempt)), keyID.String(info.WorkflowExecution.ID),
		keyRunID.String(info.WorkflowExecution.RunID),
	}
	if info.WorkflowType != nil {
		attrs = append(attrs, keyWorkflow.String(info.WorkflowType.Name))
	}
	ctx, span := a.config.start(ctx, trace.SpanKindServer, "activity "+info.ActivityType.Name, attrs...)
	var failure error
	defer span.EndErr(&failure)
	out, err = a.Next.ExecuteActivity(ctx, in)
	if errors.Is(err, activity.ErrResultPending) {
		span.AddEvent("temporal.activity.pending") // somebody else completes it
	} else {
		failure = err
	}
	return out, err
}

type workflows struct {
	interceptor.WorkflowInboundInterceptorBase
	config config
}

// ExecuteWorkflow records the span of a workflow that completes here and now: not in a replay, and neither when the
// worker drops it from its memory nor when its code panics, for then it goes on elsewhere.
func (w *workflows) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	ctx = traced(ctx)
	out, err := w.Next.ExecuteWorkflow(ctx, in)
	if workflow.IsReplaying(ctx) {
		return out, err
	}
	info := workflow.GetInfo(ctx)
	opts := append([]clew.SpanOption{
		clew.Kind(trace.SpanKindServer), clew.StartTime(info.WorkflowStartTime),
		clew.Attr(keyID.String(info.WorkflowExecution.ID), keyRunID.String(info.WorkflowExecution.RunID),
			keyNamespace.String(info.Namespace), keyTaskQueue.String(info.TaskQueueName), keyWorkflow.String(info.WorkflowType.Name)),
	}, w.config.span...)
	trust, _ := ctx.Value(trustKey{}).([]clew.ExtractOption)
	span := clew.StartDetached(clew.Continue(context.Background(), Serialized(ctx), trust...), "workflow "+info.WorkflowType.Name, opts...)
	if workflow.IsContinueAsNewError(err) {
		span.AddEvent("temporal.workflow.continued_as_new")
		span.End()
		return out, err
	}
	span.RecordError(err)
	span.End()
	return out, err
}

func (w *workflows) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	return w.Next.ExecuteUpdate(traced(ctx), in)
}
