package clewfranz_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	clewfranz "github.com/clewhq/clew/contrib/franz"
)

func broker(t testing.TB) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders", "retries"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func client(t testing.TB, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.ListenAddrs()...)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func produce(t testing.TB, cl *kgo.Client, ctx context.Context, rs ...*kgo.Record) {
	t.Helper()
	if err := cl.ProduceSync(ctx, rs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// consume returns the first n records of a topic.
func consume(t testing.TB, c *kfake.Cluster, topic string, n int) []*kgo.Record {
	t.Helper()
	cl := client(t, c, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	var out []*kgo.Record
	for len(out) < n {
		fetches := cl.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		out = append(out, fetches.Records()...)
	}
	return out
}

func links(s clewtest.Span) []trace.SpanID {
	var out []trace.SpanID
	for _, l := range s.Links {
		out = append(out, l.SpanContext.SpanID())
	}
	return out
}

func id(s *clew.Span) trace.SpanID { return s.OTel().SpanContext().SpanID() }

func work(ctx context.Context) error {
	_, s := clew.Start(ctx, "work")
	s.End()
	return nil
}

func TestATraceGoesOnThroughATopic(t *testing.T) {
	r, c := clewtest.Record(t), broker(t)
	ctx, root := clew.Start(clew.WithSession(t.Context(), "chat-7"), "root")
	produce(t, client(t, c, kgo.WithHooks(clewfranz.Producer())), ctx, &kgo.Record{Topic: "orders", Value: []byte("tea")})
	root.End()

	got := consume(t, c, "orders", 1)[0]
	var session string
	if err := clewfranz.Process(t.Context(), got, func(ctx context.Context) error {
		session, _ = clew.SessionFrom(ctx)
		return work(ctx)
	}); err != nil {
		t.Fatal(err)
	}

	sent, processed := r.Span("send orders"), r.Span("process orders")
	r.WantChild(sent, r.Span("root"))
	r.WantChild(processed, sent)
	r.WantChild(r.Span("work"), processed)
	if sent.SpanKind != trace.SpanKindProducer || processed.SpanKind != trace.SpanKindConsumer {
		t.Errorf("kinds %v and %v", sent.SpanKind, processed.SpanKind)
	}
	if session != "chat-7" {
		t.Errorf("session %q", session)
	}
	if !slices.Equal(links(processed), []trace.SpanID{sent.SpanContext.SpanID()}) {
		t.Errorf("links %v", links(processed))
	}
	for _, s := range []clewtest.Span{sent, processed} {
		for key, want := range map[attribute.Key]string{
			"messaging.system": "kafka", "messaging.destination.name": "orders", "messaging.destination.partition.id": "0",
			"messaging.kafka.offset": "0", "messaging.message.id": "orders/0/0", "messaging.message.body.size": "3",
			"messaging.operation.type": strings.Fields(s.Name)[0],
		} {
			if got := s.Attr(key); got != want {
				t.Errorf("%s: %s is %q, want %q", s.Name, key, got, want)
			}
		}
	}
}

func TestParentOrLink(t *testing.T) {
	for name, tc := range map[string]struct {
		opts   []clewfranz.ProcessOption
		around bool // another span is current
		parent string
		links  []string
	}{
		"a record is its work's parent":         {nil, false, "sent", []string{"sent"}},
		"even where another span is current":    {nil, true, "sent", []string{"sent", "around"}},
		"a link alone, if one wants it":         {[]clewfranz.ProcessOption{clewfranz.Linked()}, true, "around", []string{"sent"}},
		"a link alone where nothing is current": {[]clewfranz.ProcessOption{clewfranz.Linked()}, false, "", []string{"sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, c := clewtest.Record(t), broker(t)
			produce(t, client(t, c, kgo.WithHooks(clewfranz.Producer())), clew.WithUser(t.Context(), "ada"), &kgo.Record{Topic: "orders"})
			ids := map[string]trace.SpanID{"sent": r.Span("send orders").SpanContext.SpanID()}
			ctx := t.Context()
			if tc.around {
				var around *clew.Span
				ctx, around = clew.Start(ctx, "around")
				defer around.End()
				ids["around"] = id(around)
			}
			var user string
			err := clewfranz.Process(ctx, consume(t, c, "orders", 1)[0], func(ctx context.Context) error {
				user, _ = clew.UserFrom(ctx)
				return nil
			}, tc.opts...)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Span("process orders")
			if got.Parent.SpanID() != ids[tc.parent] {
				t.Errorf("parent %v, want %s of %v", got.Parent.SpanID(), tc.parent, ids)
			}
			var want []trace.SpanID
			for _, l := range tc.links {
				want = append(want, ids[l])
			}
			if !slices.Equal(links(got), want) {
				t.Errorf("links %v, want %v of %v", links(got), tc.links, ids)
			}
			if user != "ada" {
				t.Errorf("user %q", user)
			}
		})
	}
}

func TestABatchOfStrangersLinksToThemToo(t *testing.T) {
	r, c := clewtest.Record(t), broker(t)
	produce(t, client(t, c, kgo.WithHooks(clewfranz.Producer())), t.Context(), &kgo.Record{Topic: "orders"})
	if err := clewfranz.ProcessBatch(t.Context(), consume(t, c, "orders", 1), work, clewfranz.Extraction(clew.PolicyRestart)); err != nil {
		t.Fatal(err)
	}
	got := r.Span("process orders")
	if want := []trace.SpanID{r.Span("send orders").SpanContext.SpanID()}; !slices.Equal(links(got), want) || got.Parent.IsValid() {
		t.Errorf("links %v, want %v; parent %v", links(got), want, got.Parent)
	}
}

func TestABatchLinksToItsRecords(t *testing.T) {
	r, c := clewtest.Record(t), broker(t)
	cl := client(t, c, kgo.WithHooks(clewfranz.Producer()))
	for range 3 {
		produce(t, cl, t.Context(), &kgo.Record{Topic: "orders"})
	}
	produce(t, client(t, c), t.Context(), &kgo.Record{Topic: "orders"}) // nobody's
	sent := r.Named("send orders", 3)

	ctx, around := clew.Start(t.Context(), "around")
	if err := clewfranz.ProcessBatch(ctx, consume(t, c, "orders", 4), work); err != nil {
		t.Fatal(err)
	}
	around.End()
	got := r.Span("process orders")
	r.WantChild(got, r.Span("around"))
	r.WantChild(r.Span("work"), got)
	var want []trace.SpanID
	for _, s := range sent {
		want = append(want, s.SpanContext.SpanID())
	}
	if !slices.Equal(links(got), want) || got.Attr("messaging.batch.message_count") != "4" {
		t.Errorf("links %v, want %v; %s messages", links(got), want, got.Attr("messaging.batch.message_count"))
	}
	linked := clewtest.Span{SpanStub: tracetest.SpanStub{Attributes: got.Links[1].Attributes}}
	if diff := cmp.Diff("orders/0/1", linked.Attr("messaging.message.id")); diff != "" {
		t.Errorf("second link (-want +got)\n%s", diff)
	}
}

func TestARecordThatIsSentOnHasOneContext(t *testing.T) {
	r, c := clewtest.Record(t), broker(t)
	cl := client(t, c, kgo.WithHooks(clewfranz.Producer()))
	shared := []kgo.RecordHeader{
		{Key: "Traceparent", Value: []byte("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")},
		{Key: "tracestate", Value: []byte("old=1")}, {Key: "other", Value: []byte("x")},
		{Key: "Mirascope-Session-Id", Value: []byte("the caller's")},
	}
	produce(t, cl, t.Context(), &kgo.Record{Topic: "orders", Headers: shared})
	got := consume(t, c, "orders", 1)[0]
	if err := clewfranz.Process(t.Context(), got, func(ctx context.Context) error {
		got.Topic = "retries"
		return cl.ProduceSync(ctx, got).FirstErr()
	}); err != nil {
		t.Fatal(err)
	}
	again := consume(t, c, "retries", 1)[0]
	retried := r.Span("send retries")
	r.WantChild(retried, r.Span("process orders"))
	var names []string
	for _, h := range again.Headers {
		names = append(names, h.Key)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"Mirascope-Session-Id", "other", "traceparent", "x-laminar-span-context"}, names); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	if v := (clewfranz.Carrier{Record: again}).Get("TraceParent"); !strings.Contains(v, retried.SpanContext.SpanID().String()) {
		t.Errorf("traceparent %q", v)
	}
	if shared[0].Key != "Traceparent" || string(shared[1].Value) != "old=1" {
		t.Errorf("the caller's headers were changed: %v", shared)
	}
}

func TestIDsOnlyKeepsTheSessionBack(t *testing.T) {
	clewtest.Record(t)
	c := broker(t)
	produce(t, client(t, c, kgo.WithHooks(clewfranz.Producer(clewfranz.IDsOnly()))), clew.WithSession(t.Context(), "s"), &kgo.Record{Topic: "orders"})
	got := consume(t, c, "orders", 1)[0]
	if diff := cmp.Diff([]string{"traceparent"}, (clewfranz.Carrier{Record: got}).Keys()); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
}

func TestFailuresAreRecorded(t *testing.T) {
	r, c := clewtest.Record(t), broker(t)
	c.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range req.(*kmsg.ProduceRequest).Topics {
			failed := kmsg.NewProduceResponseTopic()
			failed.Topic, failed.TopicID = topic.Topic, topic.TopicID
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.ErrorCode = kerr.MessageTooLarge.Code
			failed.Partitions = append(failed.Partitions, partition)
			resp.Topics = append(resp.Topics, failed)
		}
		return resp, nil, true
	})
	cl := client(t, c, kgo.WithHooks(clewfranz.Producer()))
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "the caller's")
	sent := &kgo.Record{Topic: "orders", Context: ctx}
	if err := cl.ProduceSync(t.Context(), sent).FirstErr(); !errors.Is(err, kerr.MessageTooLarge) {
		t.Fatalf("got %v", err)
	}
	if s := r.Span("send orders"); s.Status.Code != codes.Error || s.Attr("messaging.message.id") != "" {
		t.Errorf("status %v, id %q", s.Status, s.Attr("messaging.message.id"))
	}
	if sent.Context != ctx {
		t.Error("the record's context was not given back")
	}

	boom := errors.New("boom")
	err := clewfranz.Process(t.Context(), &kgo.Record{Topic: "orders"}, func(context.Context) error { return boom })
	if s := r.Span("process orders"); !errors.Is(err, boom) || s.Status.Code != codes.Error || s.Status.Description != "boom" {
		t.Errorf("err %v, status %v", err, s.Status)
	}
}

func TestWithoutAnswersNoOffsetIsClaimed(t *testing.T) {
	r, c := clewtest.Record(t), broker(t)
	cl := client(t, c, kgo.WithHooks(clewfranz.Producer()), kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	produce(t, cl, t.Context(), &kgo.Record{Topic: "orders"})
	if s := r.Span("send orders"); s.Attr("messaging.message.id") != "" {
		t.Errorf("id %q", s.Attr("messaging.message.id"))
	}
}

func TestAMalformedContextIsNoHindrance(t *testing.T) {
	r := clewtest.Record(t)
	ctx, around := clew.Start(t.Context(), "around")
	bad := &kgo.Record{Topic: "orders", Headers: []kgo.RecordHeader{{Key: "traceparent", Value: []byte{0xff, 0}}}}
	if err := clewfranz.Process(ctx, bad, work); err != nil {
		t.Fatal(err)
	}
	if err := clewfranz.ProcessBatch(ctx, []*kgo.Record{bad, nil}, work); err != nil {
		t.Fatal(err)
	}
	if err := clewfranz.Process(ctx, nil, work); err != nil {
		t.Fatal(err)
	}
	around.End()
	for _, s := range r.Named("process orders", 2) {
		r.WantChild(s, r.Span("around"))
		if len(s.Links) != 0 {
			t.Errorf("links %v", s.Links)
		}
	}
}
