package clewtemporal_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	clewtemporal "github.com/clewhq/clew/contrib/temporal"
)

// order is a workflow with an activity.
func order(ctx workflow.Context, item string) (out string, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Millisecond, MaximumAttempts: 2},
	})
	err = workflow.ExecuteActivity(ctx, deliver, item).Get(ctx, &out)
	return out, err
}

func deliver(ctx context.Context, item string) (string, error) {
	ctx, span := clew.Start(ctx, "work")
	defer span.End()
	session, _ := clew.SessionFrom(ctx)
	return item + " for " + session, nil
}

// service is the part of Temporal that starts workflows; it keeps the header that it got.
type service struct {
	workflowservice.UnimplementedWorkflowServiceServer
	header chan *commonpb.Header
}

func (s service) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	s.header <- r.GetHeader()
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run-1"}, nil
}

func (s service) SignalWorkflowExecution(_ context.Context, r *workflowservice.SignalWorkflowExecutionRequest) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	s.header <- r.GetHeader()
	return &workflowservice.SignalWorkflowExecutionResponse{}, nil
}

func (s service) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, nil
}

// dial connects a real client to service.
func dial(t testing.TB, opts ...clewtemporal.PropagatorOption) (client.Client, service) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := service{header: make(chan *commonpb.Header, 1)}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, s)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	c, err := client.Dial(client.Options{
		HostPort: listener.Addr().String(), Logger: silent{},
		ContextPropagators: []workflow.ContextPropagator{clewtemporal.Propagator(opts...)},
		Interceptors:       []interceptor.ClientInterceptor{clewtemporal.Interceptor()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s
}

type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}

var _ log.Logger = silent{}

// started is the header of a workflow that a client starts.
func started(t testing.TB, ctx context.Context, opts ...clewtemporal.PropagatorOption) *commonpb.Header {
	t.Helper()
	c, s := dial(t, opts...)
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "order-7", TaskQueue: "orders"}, order, "tea")
	if err != nil || run.GetRunID() != "run-1" {
		t.Fatal(err)
	}
	return <-s.header
}

func environment(header *commonpb.Header) *testsuite.TestWorkflowEnvironment {
	return environmentWith(header, deliver)
}

// environmentWith is Temporal's own, in which this is what delivers.
func environmentWith(header *commonpb.Header, delivery func(context.Context, string) (string, error)) *testsuite.TestWorkflowEnvironment {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(silent{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetContextPropagators([]workflow.ContextPropagator{clewtemporal.Propagator()})
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{clewtemporal.Interceptor()}})
	if header != nil {
		env.SetHeader(header)
	}
	env.RegisterActivityWithOptions(delivery, activity.RegisterOptions{Name: "deliver"})
	return env
}

func TestAWorkflowIsOneTraceFromItsStart(t *testing.T) {
	r := clewtest.Record(t)
	ctx, root := clew.Start(clew.WithSession(t.Context(), "chat-7"), "root")
	header := started(t, ctx)
	root.End()
	env := environment(header)
	env.ExecuteWorkflow(order, "tea")
	var out string
	if err := env.GetWorkflowResult(&out); err != nil || out != "tea for chat-7" {
		t.Fatalf("%q, %v", out, err)
	}
	start := r.Span("start order")
	r.WantChild(start, r.Span("root"))
	r.WantChild(r.Span("workflow order"), start)
	act := r.Span("activity deliver")
	r.WantChild(act, start)
	r.WantChild(r.Span("work"), act)
	if start.SpanKind != trace.SpanKindClient || start.Attr("workflow.id") != "order-7" || start.Attr("temporal.run.id") != "run-1" {
		t.Errorf("%v, %q, %q", start.SpanKind, start.Attr("workflow.id"), start.Attr("temporal.run.id"))
	}
	if act.Attr("temporal.activity.attempt") != "1" || act.Attr("temporal.workflow.type") != "order" || act.Attr("workflow.id") == "" {
		t.Errorf("%v", act.Attributes)
	}
}

func TestIDsOnlyKeepsTheSessionBack(t *testing.T) {
	clewtest.Record(t)
	header := started(t, clew.WithSession(t.Context(), "chat-7"), clewtemporal.IDsOnly())
	var text string
	if err := converter.GetDefaultDataConverter().FromPayload(header.GetFields()["clew-span-context"], &text); err != nil {
		t.Fatal(err)
	}
	if len(text) != len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") {
		t.Errorf("header %q", text)
	}
	env := environment(header)
	env.ExecuteWorkflow(order, "tea")
	var out string
	if err := env.GetWorkflowResult(&out); err != nil || out != "tea for " {
		t.Fatalf("%q, %v", out, err)
	}
}

func TestChildrenAndNextRunsStayInTheTrace(t *testing.T) {
	r := clewtest.Record(t)
	ctx, root := clew.Start(t.Context(), "root")
	header := started(t, ctx)
	root.End()

	env := environment(header)
	env.RegisterWorkflow(order)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: "child"})
		return workflow.ExecuteChildWorkflow(ctx, order, "tea").Get(ctx, nil)
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	start := r.Span("start order")
	r.WantChild(r.Span("activity deliver"), start)
	r.WantChild(r.Span("workflow order"), start)

	env = environment(header)
	env.RegisterWorkflow(order)
	env.ExecuteWorkflow(again)
	var next *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &next) {
		t.Fatalf("got %v", err)
	}
	if got, want := next.Header.GetFields()["clew-span-context"], header.GetFields()["clew-span-context"]; string(got.GetData()) != string(want.GetData()) {
		t.Errorf("the next run gets %s, want %s", got.GetData(), want.GetData())
	}
	if s := r.Span("workflow again"); s.Status.Code != codes.Unset || len(s.Events) != 1 {
		t.Errorf("status %v, events %v", s.Status, s.Events)
	}
}

func again(ctx workflow.Context) error { return workflow.NewContinueAsNewError(ctx, order, "tea") }

func TestAWorkflowThatNobodyTracedIsStillOneTrace(t *testing.T) {
	r := clewtest.Record(t)
	for range 2 {
		env := environment(nil)
		env.ExecuteWorkflow(func(ctx workflow.Context) error {
			if _, err := order(ctx, "tea"); err != nil {
				return err
			}
			_, err := order(ctx, "cake")
			return err
		})
		if err := env.GetWorkflowError(); err != nil {
			t.Fatal(err)
		}
	}
	traces := map[trace.TraceID]bool{}
	for _, s := range r.Named("activity deliver", 4) {
		traces[s.SpanContext.TraceID()] = true
	}
	if len(traces) != 1 { // the environment gives every workflow the same ids
		t.Errorf("%d traces", len(traces))
	}
}

func TestEveryAttemptIsASpan(t *testing.T) {
	r := clewtest.Record(t)
	attempts := 0
	env := environmentWith(started(t, t.Context()), func(context.Context, string) (string, error) {
		if attempts++; attempts == 1 {
			return "", errors.New("no courier")
		}
		return "delivered", nil
	})
	env.ExecuteWorkflow(order, "tea")
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	got := r.Named("activity deliver", 2)
	if got[0].Status.Code != codes.Error || got[1].Status.Code != codes.Unset || got[1].Attr("temporal.activity.attempt") != "2" {
		t.Errorf("%v, %v, attempt %s", got[0].Status, got[1].Status, got[1].Attr("temporal.activity.attempt"))
	}
}

func TestHowActivitiesAndWorkflowsEnd(t *testing.T) {
	r := clewtest.Record(t)
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(silent{})
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{clewtemporal.Interceptor(clewtemporal.Span(clew.Tags("hot")))}})
	env.RegisterActivityWithOptions(func(context.Context) error { return activity.ErrResultPending }, activity.RegisterOptions{Name: "later"})
	if _, err := env.ExecuteActivity("later"); !errors.Is(err, activity.ErrResultPending) {
		t.Errorf("got %v", err)
	}
	if s := r.Span("activity later"); s.Status.Code != codes.Unset || len(s.Events) != 1 || s.Attr("lmnr.association.properties.tags") != `["hot"]` {
		t.Errorf("%v, %v", s.Status, s.Events)
	}

	wenv := environment(nil)
	wenv.ExecuteWorkflow(failing)
	if wenv.GetWorkflowError() == nil {
		t.Error("the workflow did not fail")
	}
	if s := r.Span("workflow failing"); s.Status.Code != codes.Error {
		t.Errorf("status %v", s.Status)
	}
}

func failing(workflow.Context) error { return errors.New("boom") }

func TestASignalCarriesItsSendersContext(t *testing.T) {
	r := clewtest.Record(t)
	c, s := dial(t)
	ctx, root := clew.Start(t.Context(), "root")
	if err := c.SignalWorkflow(ctx, "order-7", "", "paid", nil); err != nil {
		t.Fatal(err)
	}
	root.End()
	r.WantChild(r.Span("signal paid"), r.Span("root"))
	if header := <-s.header; header.GetFields()["clew-span-context"] == nil {
		t.Errorf("header %v", header)
	}
}

func TestWhatOpenTelemetrysInterceptorWroteIsRead(t *testing.T) {
	r := clewtest.Record(t)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	payload, err := converter.GetDefaultDataConverter().ToPayload(map[string]string{"traceparent": parent})
	if err != nil {
		t.Fatal(err)
	}
	env := environment(&commonpb.Header{Fields: map[string]*commonpb.Payload{"_tracer-data": payload}})
	env.ExecuteWorkflow(order, "tea")
	for _, s := range []clewtest.Span{r.Span("workflow order"), r.Span("activity deliver")} {
		if s.Parent.SpanID().String() != "b7ad6b7169203331" {
			t.Errorf("%s: parent %v", s.Name, s.Parent.SpanID())
		}
	}
}

func TestWhatStrangersStartIsBelievedAsFarAsExtractionSays(t *testing.T) {
	r := clewtest.Record(t)
	header := started(t, clew.WithSession(t.Context(), "forged"))
	env := environment(header)
	env.SetContextPropagators([]workflow.ContextPropagator{clewtemporal.Propagator(clewtemporal.Extraction(clew.IDsOnly))})
	env.ExecuteWorkflow(order, "tea")
	start := r.Span("start order")
	for _, s := range []clewtest.Span{r.Span("workflow order"), r.Span("activity deliver")} {
		r.WantChild(s, start)
		if got := s.Attr("lmnr.association.properties.session_id"); got != "" {
			t.Errorf("%s is in the session %q", s.Name, got)
		}
	}
}

func TestAMalformedHeaderIsNoHindrance(t *testing.T) {
	clewtest.Record(t)
	env := environment(&commonpb.Header{Fields: map[string]*commonpb.Payload{
		"clew-span-context": {Data: []byte{0xff}}, "_tracer-data": {Data: []byte("{")},
	}})
	env.ExecuteWorkflow(order, "tea")
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
}

// history is that of an order that has been completed by a worker without this package.
func history(t testing.TB) *historypb.History {
	t.Helper()
	tea, err := converter.GetDefaultDataConverter().ToPayloads("tea")
	if err != nil {
		t.Fatal(err)
	}
	queue := &taskqueuepb.TaskQueue{Name: "orders"}
	events := []*historypb.HistoryEvent{
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
				WorkflowType: &commonpb.WorkflowType{Name: "order"}, TaskQueue: queue, Input: tea, OriginalExecutionRunId: "run-1", FirstExecutionRunId: "run-1",
			}}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, Attributes: &historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes{
			WorkflowTaskScheduledEventAttributes: &historypb.WorkflowTaskScheduledEventAttributes{TaskQueue: queue}}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, Attributes: &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{
			WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{ScheduledEventId: 2}}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, Attributes: &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{
			WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{ScheduledEventId: 2, StartedEventId: 3}}},
		{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityId: "5", ActivityType: &commonpb.ActivityType{Name: "deliver"}, TaskQueue: queue, Input: tea, WorkflowTaskCompletedEventId: 4}}},
		{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED, Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{ScheduledEventId: 5}}},
		{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
			ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{Result: tea, ScheduledEventId: 5, StartedEventId: 6}}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, Attributes: &historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes{
			WorkflowTaskScheduledEventAttributes: &historypb.WorkflowTaskScheduledEventAttributes{TaskQueue: queue}}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, Attributes: &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{
			WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{ScheduledEventId: 8}}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, Attributes: &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{
			WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{ScheduledEventId: 8, StartedEventId: 9}}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
			WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: tea, WorkflowTaskCompletedEventId: 10}}},
	}
	for i, e := range events {
		e.EventId = int64(i + 1)
		e.EventTime = timestamppb.New(time.Unix(1_700_000_000+int64(i), 0))
	}
	return &historypb.History{Events: events}
}

func TestAReplayRecordsNothingAndChangesNothing(t *testing.T) {
	r := clewtest.Record(t)
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		ContextPropagators: []workflow.ContextPropagator{clewtemporal.Propagator()},
		Interceptors:       []interceptor.WorkerInterceptor{clewtemporal.Interceptor()},
	})
	if err != nil {
		t.Fatal(err)
	}
	var contexts []string
	replayer.RegisterWorkflowWithOptions(func(ctx workflow.Context, item string) (string, error) {
		contexts = append(contexts, clewtemporal.Serialized(ctx))
		return order(ctx, item)
	}, workflow.RegisterOptions{Name: "order"})
	for range 2 {
		if err := replayer.ReplayWorkflowHistory(silent{}, history(t)); err != nil {
			t.Fatal(err)
		}
	}
	if len(contexts) != 2 || contexts[0] != contexts[1] || contexts[0] == "" {
		t.Errorf("contexts %q", contexts)
	}
	r.Wait(0, "recorded", func(clewtest.Span) bool { return true })
}
