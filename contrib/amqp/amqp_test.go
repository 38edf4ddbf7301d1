package clewamqp_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	clewamqp "github.com/clewhq/clew/contrib/amqp"
)

// queue is bound to an exchange of its own. next waits for n messages of it.
type queue struct {
	channel        *amqp.Channel
	exchange, name string
	next           func(n int) []amqp.Delivery
}

func open(t testing.TB) queue {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.ExchangeDeclare("orders", amqp.ExchangeTopic, false, true, false, false, nil); err != nil {
		t.Fatal(err)
	}
	q, err := ch.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.QueueBind(q.Name, "#", "orders", false, nil); err != nil {
		t.Fatal(err)
	}
	deliveries, err := ch.Consume(q.Name, "", true, true, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return queue{ch, "orders", q.Name, func(n int) []amqp.Delivery {
		t.Helper()
		var out []amqp.Delivery
		for range n {
			d, ok := <-deliveries
			if !ok {
				t.Fatal("the broker closed the channel")
			}
			out = append(out, d)
		}
		return out
	}}
}

func (q queue) publish(t testing.TB, ctx context.Context, msg amqp.Publishing, opts ...clewamqp.PublishOption) {
	t.Helper()
	if _, err := clewamqp.Publish(ctx, q.channel, q.exchange, "new", msg, opts...); err != nil {
		t.Fatal(err)
	}
}

func work(ctx context.Context) error {
	_, s := clew.Start(ctx, "work")
	s.End()
	return nil
}

func links(s clewtest.Span) []trace.SpanID {
	var out []trace.SpanID
	for _, l := range s.Links {
		out = append(out, l.SpanContext.SpanID())
	}
	return out
}

func TestATraceGoesOnThroughAQueue(t *testing.T) {
	r, q := clewtest.Record(t), open(t)
	ctx, root := clew.Start(clew.WithSession(t.Context(), "chat-7"), "root")
	q.publish(t, ctx, amqp.Publishing{Body: []byte("tea"), CorrelationId: "c1"})
	root.End()
	d := q.next(1)[0]
	var session string
	if err := clewamqp.Process(t.Context(), d, func(ctx context.Context) error {
		session, _ = clew.SessionFrom(ctx)
		return work(ctx)
	}); err != nil {
		t.Fatal(err)
	}
	sent, processed := r.Span("publish orders:new"), r.Span("process orders:new")
	r.WantChild(sent, r.Span("root"))
	r.WantChild(processed, sent)
	r.WantChild(r.Span("work"), processed)
	if session != "chat-7" || sent.SpanKind != trace.SpanKindProducer || processed.SpanKind != trace.SpanKindConsumer {
		t.Errorf("session %q, kinds %v and %v", session, sent.SpanKind, processed.SpanKind)
	}
	if !slices.Equal(links(processed), []trace.SpanID{sent.SpanContext.SpanID()}) || d.MessageId == "" {
		t.Errorf("links %v, id %q", links(processed), d.MessageId)
	}
	for _, s := range []clewtest.Span{sent, processed} {
		got := []string{
			s.Attr("messaging.system"), s.Attr("messaging.destination.name"), s.Attr("messaging.rabbitmq.destination.routing_key"),
			s.Attr("messaging.message.id"), s.Attr("messaging.message.conversation_id"), s.Attr("messaging.message.body.size"),
		}
		if diff := cmp.Diff([]string{"rabbitmq", "orders:new", "new", d.MessageId, "c1", "3"}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", s.Name, diff)
		}
	}
}

func TestParentOrLink(t *testing.T) {
	for name, tc := range map[string]struct {
		opts   []clewamqp.ProcessOption
		around bool // another span is current
		parent string
		links  []string
	}{
		"a message is its work's parent":        {nil, false, "sent", []string{"sent"}},
		"even where another span is current":    {nil, true, "sent", []string{"sent", "around"}},
		"a link alone, if one wants it":         {[]clewamqp.ProcessOption{clewamqp.Linked()}, true, "around", []string{"sent"}},
		"a link alone where nothing is current": {[]clewamqp.ProcessOption{clewamqp.Linked()}, false, "", []string{"sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, q := clewtest.Record(t), open(t)
			q.publish(t, clew.WithUser(t.Context(), "ada"), amqp.Publishing{})
			ids := map[string]trace.SpanID{"sent": r.Span("publish orders:new").SpanContext.SpanID()}
			ctx := t.Context()
			if tc.around {
				var around *clew.Span
				ctx, around = clew.Start(ctx, "around")
				defer around.End()
				ids["around"] = around.OTel().SpanContext().SpanID()
			}
			var user string
			if err := clewamqp.Process(ctx, q.next(1)[0], func(ctx context.Context) error {
				user, _ = clew.UserFrom(ctx)
				return nil
			}, tc.opts...); err != nil {
				t.Fatal(err)
			}
			got := r.Span("process orders:new")
			var want []trace.SpanID
			for _, l := range tc.links {
				want = append(want, ids[l])
			}
			if got.Parent.SpanID() != ids[tc.parent] || !slices.Equal(links(got), want) || user != "ada" {
				t.Errorf("parent %v, links %v, user %q; want %s and %v of %v", got.Parent.SpanID(), links(got), user, tc.parent, tc.links, ids)
			}
		})
	}
}

func TestABatchOfStrangersLinksToThemToo(t *testing.T) {
	r, q := clewtest.Record(t), open(t)
	q.publish(t, t.Context(), amqp.Publishing{})
	if err := clewamqp.ProcessBatch(t.Context(), q.next(1), work, clewamqp.Name("orders"), clewamqp.Extraction(clew.PolicyRestart)); err != nil {
		t.Fatal(err)
	}
	got := r.Span("process orders")
	if want := []trace.SpanID{r.Span("publish orders:new").SpanContext.SpanID()}; !slices.Equal(links(got), want) || got.Parent.IsValid() {
		t.Errorf("links %v, want %v; parent %v", links(got), want, got.Parent)
	}
}

func TestABatchLinksToItsMessages(t *testing.T) {
	r, q := clewtest.Record(t), open(t)
	for range 3 {
		q.publish(t, t.Context(), amqp.Publishing{})
	}
	if err := q.channel.PublishWithContext(t.Context(), q.exchange, "old", false, false, amqp.Publishing{}); err != nil { // nobody's
		t.Fatal(err)
	}
	ctx, around := clew.Start(t.Context(), "around")
	if err := clewamqp.ProcessBatch(ctx, q.next(4), work, clewamqp.Name("orders")); err != nil {
		t.Fatal(err)
	}
	around.End()
	got := r.Span("process orders")
	r.WantChild(got, r.Span("around"))
	r.WantChild(r.Span("work"), got)
	var want []trace.SpanID
	for _, s := range r.Named("publish orders:new", 3) {
		want = append(want, s.SpanContext.SpanID())
	}
	if !slices.Equal(links(got), want) || got.Attr("messaging.batch.message_count") != "4" {
		t.Errorf("links %v, want %v; %s messages", links(got), want, got.Attr("messaging.batch.message_count"))
	}
}

func TestAMessageThatIsSentOnHasOneContext(t *testing.T) {
	r, q := clewtest.Record(t), open(t)
	old := amqp.Table{
		"Traceparent": []byte("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"), "tracestate": "old=1", "count": int32(3),
		"Mirascope-Session-Id": "the caller's",
	}
	q.publish(t, t.Context(), amqp.Publishing{Headers: old, MessageId: "m1"}, clewamqp.IDsOnly())
	d := q.next(1)[0]
	keys := clewamqp.Carrier(d.Headers).Keys()
	slices.Sort(keys)
	if diff := cmp.Diff([]string{"Mirascope-Session-Id", "count", "traceparent"}, keys); diff != "" || d.MessageId != "m1" {
		t.Errorf("id %q, headers (-want +got)\n%s", d.MessageId, diff)
	}
	sent := r.Span("publish orders:new")
	if v := clewamqp.Carrier(d.Headers).Get("TRACEPARENT"); !strings.Contains(v, sent.SpanContext.SpanID().String()) {
		t.Errorf("traceparent %q", v)
	}
	if len(old) != 4 {
		t.Errorf("the caller's headers were changed: %v", old)
	}
}

func TestHeadersOfOtherClientsAreRead(t *testing.T) {
	r, q := clewtest.Record(t), open(t)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, value := range []any{parent, []byte(parent)} {
		msg := amqp.Publishing{Headers: amqp.Table{"TraceParent": value, "traceparent": nil}}
		if err := q.channel.PublishWithContext(t.Context(), "", q.name, false, false, msg); err != nil {
			t.Fatal(err)
		}
		if err := clewamqp.Process(t.Context(), q.next(1)[0], work); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range r.Named("process "+q.name, 2) {
		if s.Parent.SpanID().String() != "b7ad6b7169203331" {
			t.Errorf("parent %v", s.Parent.SpanID())
		}
	}
}

func TestConfirmationsAreTheCallers(t *testing.T) {
	clewtest.Record(t)
	q := open(t)
	if err := q.channel.Confirm(false); err != nil {
		t.Fatal(err)
	}
	confirmation, err := clewamqp.Publish(t.Context(), q.channel, q.exchange, "new", amqp.Publishing{}, clewamqp.Mandatory())
	if err != nil || confirmation == nil {
		t.Fatalf("%v, %v", confirmation, err)
	}
	if ok, err := confirmation.WaitContext(t.Context()); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestFailuresAreRecorded(t *testing.T) {
	r, q := clewtest.Record(t), open(t)
	boom := errors.New("boom")
	err := clewamqp.Process(t.Context(), amqp.Delivery{RoutingKey: "jobs"}, func(context.Context) error { return boom })
	if s := r.Span("process jobs"); !errors.Is(err, boom) || s.Status.Description != "boom" {
		t.Errorf("err %v, status %v", err, s.Status)
	}
	if err := q.channel.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := clewamqp.Publish(t.Context(), q.channel, "", "jobs", amqp.Publishing{}); !errors.Is(err, amqp.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if s := r.Span("publish jobs"); s.Status.Code != codes.Error {
		t.Errorf("status %v", s.Status)
	}
	if _, err := clewamqp.Publish(t.Context(), nil, "", "jobs", amqp.Publishing{}); err == nil {
		t.Error("publishing over nothing succeeded")
	}
}
