package clewnats_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	clewnats "github.com/clewhq/clew/contrib/nats"
)

func start(dir string, change func(*server.Options)) (*server.Server, error) {
	o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true}
	change(o)
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		return nil, errors.New("the NATS server is not ready after 20 s")
	}
	return s, nil
}

func connect(t testing.TB, change func(*server.Options)) *nats.Conn {
	t.Helper()
	s, err := start(t.TempDir(), change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func unchanged(*server.Options) {}

// stream makes the stream ORDERS over "orders.>" and a consumer of it.
func stream(t testing.TB, conn *nats.Conn) (jetstream.JetStream, jetstream.Consumer) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.CreateConsumer(t.Context(), jetstream.ConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return js, c
}

func fetch(t testing.TB, c jetstream.Consumer, n int) []jetstream.Msg {
	t.Helper()
	batch, err := c.Fetch(n, jetstream.FetchMaxWait(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var out []jetstream.Msg
	for m := range batch.Messages() {
		out = append(out, m)
	}
	if err := batch.Error(); err != nil || len(out) != n {
		t.Fatalf("%d messages, want %d: %v", len(out), n, err)
	}
	return out
}

// receive subscribes and returns a function that waits for one message.
func receive(t testing.TB, conn *nats.Conn, subject string) func() *nats.Msg {
	t.Helper()
	sub, err := conn.SubscribeSync(subject)
	if err != nil {
		t.Fatal(err)
	}
	return func() *nats.Msg {
		t.Helper()
		m, err := sub.NextMsg(20 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return m
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

func TestATraceGoesOnThroughASubject(t *testing.T) {
	r, conn := clewtest.Record(t), connect(t, unchanged)
	next := receive(t, conn, "orders.*")
	ctx, root := clew.Start(clew.WithSession(t.Context(), "chat-7"), "root")
	msg := &nats.Msg{Subject: "orders.7", Data: []byte("tea"), Header: nats.Header{"Nats-Msg-Id": {"m1"}}}
	if err := clewnats.Publish(ctx, conn, msg, clewnats.Name("orders.*")); err != nil {
		t.Fatal(err)
	}
	root.End()
	var session string
	if err := clewnats.Process(t.Context(), next(), func(ctx context.Context) error {
		session, _ = clew.SessionFrom(ctx)
		return work(ctx)
	}); err != nil {
		t.Fatal(err)
	}

	sent, processed := r.Span("publish orders.*"), r.Span("process orders.*")
	r.WantChild(sent, r.Span("root"))
	r.WantChild(processed, sent)
	r.WantChild(r.Span("work"), processed)
	if session != "chat-7" || sent.SpanKind != trace.SpanKindProducer || processed.SpanKind != trace.SpanKindConsumer {
		t.Errorf("session %q, kinds %v and %v", session, sent.SpanKind, processed.SpanKind)
	}
	if !slices.Equal(links(processed), []trace.SpanID{sent.SpanContext.SpanID()}) {
		t.Errorf("links %v", links(processed))
	}
	for _, s := range []clewtest.Span{sent, processed} {
		got := []string{
			s.Attr("messaging.system"), s.Attr("messaging.destination.name"), s.Attr("messaging.destination.template"),
			s.Attr("messaging.message.id"), s.Attr("messaging.message.body.size"),
		}
		if diff := cmp.Diff([]string{"nats", "orders.7", "orders.*", "m1", "3"}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", s.Name, diff)
		}
	}
	if len(msg.Header) != 1 {
		t.Errorf("the caller's message was changed: %v", msg.Header)
	}
}

func TestATraceGoesOnThroughAStream(t *testing.T) {
	r, conn := clewtest.Record(t), connect(t, unchanged)
	js, consumer := stream(t, conn)
	ack, err := clewnats.PublishStream(t.Context(), js, &nats.Msg{Subject: "orders.new"},
		clewnats.Stream(jetstream.WithExpectStream("ORDERS")), clewnats.Span(clew.Tags("hot")))
	if err != nil || ack.Sequence != 1 {
		t.Fatalf("ack %v: %v", ack, err)
	}
	m := fetch(t, consumer, 1)[0]
	if err := clewnats.ProcessStream(t.Context(), m, func(context.Context) error { return m.Ack() }); err != nil {
		t.Fatal(err)
	}
	sent, processed := r.Span("publish orders.new"), r.Span("process orders.new")
	r.WantChild(processed, sent)
	for _, s := range []clewtest.Span{sent, processed} {
		if got := s.Attr("messaging.message.id"); got != "ORDERS/1" {
			t.Errorf("%s: id %q", s.Name, got)
		}
	}
	if sent.Attr("lmnr.association.properties.tags") != `["hot"]` {
		t.Errorf("tags %q", sent.Attr("lmnr.association.properties.tags"))
	}
}

func TestABatchOfStrangersLinksToThemToo(t *testing.T) {
	r, conn := clewtest.Record(t), connect(t, unchanged)
	js, consumer := stream(t, conn)
	if _, err := clewnats.PublishStream(t.Context(), js, &nats.Msg{Subject: "orders.new"}); err != nil {
		t.Fatal(err)
	}
	if err := clewnats.ProcessBatch(t.Context(), fetch(t, consumer, 1), work, clewnats.Extraction(clew.PolicyRestart)); err != nil {
		t.Fatal(err)
	}
	got := r.Span("process orders.new")
	if want := []trace.SpanID{r.Span("publish orders.new").SpanContext.SpanID()}; !slices.Equal(links(got), want) || got.Parent.IsValid() {
		t.Errorf("links %v, want %v; parent %v", links(got), want, got.Parent)
	}
}

func TestABatchLinksToItsMessages(t *testing.T) {
	r, conn := clewtest.Record(t), connect(t, unchanged)
	js, consumer := stream(t, conn)
	for range 3 {
		if _, err := clewnats.PublishStream(t.Context(), js, &nats.Msg{Subject: "orders.new"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := js.Publish(t.Context(), "orders.old", nil); err != nil { // nobody's
		t.Fatal(err)
	}
	ctx, around := clew.Start(t.Context(), "around")
	if err := clewnats.ProcessBatch(ctx, fetch(t, consumer, 4), work); err != nil {
		t.Fatal(err)
	}
	around.End()
	got := r.Span("process")
	r.WantChild(got, r.Span("around"))
	r.WantChild(r.Span("work"), got)
	var want []trace.SpanID
	for _, s := range r.Named("publish orders.new", 3) {
		want = append(want, s.SpanContext.SpanID())
	}
	if !slices.Equal(links(got), want) || got.Attr("messaging.batch.message_count") != "4" {
		t.Errorf("links %v, want %v; %s messages", links(got), want, got.Attr("messaging.batch.message_count"))
	}
}

func TestARequestIsOneTraceToItsAnswer(t *testing.T) {
	r, conn := clewtest.Record(t), connect(t, unchanged)
	_, err := conn.Subscribe("prices", func(m *nats.Msg) {
		if err := clewnats.Process(context.Background(), m, func(context.Context) error { return m.Respond([]byte("3.50")) }); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := clewnats.Request(t.Context(), conn, &nats.Msg{Subject: "prices"})
	if err != nil || string(answer.Data) != "3.50" {
		t.Fatalf("%v, %v", answer, err)
	}
	asked := r.Span("request prices")
	r.WantChild(r.Span("process prices"), asked)
	if asked.SpanKind != trace.SpanKindClient {
		t.Errorf("kind %v", asked.SpanKind)
	}
	if _, err := clewnats.Request(t.Context(), conn, &nats.Msg{Subject: "nobody"}); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("got %v", err)
	}
	if s := r.Span("request nobody"); s.Status.Code != codes.Error {
		t.Errorf("status %v", s.Status)
	}
}

func TestParentOrLink(t *testing.T) {
	for name, tc := range map[string]struct {
		opts   []clewnats.ProcessOption
		around bool // another span is current
		parent string
		links  []string
	}{
		"a message is its work's parent":        {nil, false, "sent", []string{"sent"}},
		"even where another span is current":    {nil, true, "sent", []string{"sent", "around"}},
		"a link alone, if one wants it":         {[]clewnats.ProcessOption{clewnats.Linked()}, true, "around", []string{"sent"}},
		"a link alone where nothing is current": {[]clewnats.ProcessOption{clewnats.Linked()}, false, "", []string{"sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, conn := clewtest.Record(t), connect(t, unchanged)
			next := receive(t, conn, "orders")
			if err := clewnats.Publish(clew.WithUser(t.Context(), "ada"), conn, &nats.Msg{Subject: "orders"}); err != nil {
				t.Fatal(err)
			}
			ids := map[string]trace.SpanID{"sent": r.Span("publish orders").SpanContext.SpanID()}
			ctx := t.Context()
			if tc.around {
				var around *clew.Span
				ctx, around = clew.Start(ctx, "around")
				defer around.End()
				ids["around"] = around.OTel().SpanContext().SpanID()
			}
			var user string
			if err := clewnats.Process(ctx, next(), func(ctx context.Context) error {
				user, _ = clew.UserFrom(ctx)
				return nil
			}, tc.opts...); err != nil {
				t.Fatal(err)
			}
			got := r.Span("process orders")
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

func TestAMessageThatIsSentOnHasOneContext(t *testing.T) {
	r, conn := clewtest.Record(t), connect(t, unchanged)
	next := receive(t, conn, ">")
	old := nats.Header{
		"Traceparent": {"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}, "tracestate": {"old=1"}, "Other": {"x"},
		"Mirascope-Session-Id": {"the caller's"},
	}
	if err := clewnats.Publish(t.Context(), conn, &nats.Msg{Subject: "orders", Header: old}, clewnats.IDsOnly()); err != nil {
		t.Fatal(err)
	}
	got := next()
	keys := clewnats.Carrier(got.Header).Keys()
	slices.Sort(keys)
	if diff := cmp.Diff([]string{"Mirascope-Session-Id", "Other", "traceparent"}, keys); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	sent := r.Span("publish orders")
	if v := clewnats.Carrier(got.Header).Get("TRACEPARENT"); !strings.Contains(v, sent.SpanContext.SpanID().String()) {
		t.Errorf("traceparent %q", v)
	}
	if len(old) != 4 {
		t.Errorf("the caller's header was changed: %v", old)
	}
}

func TestAContextNeverMakesAMessageTooLarge(t *testing.T) {
	clewtest.Record(t)
	conn := connect(t, func(o *server.Options) { o.MaxPayload = 1024 })
	next := receive(t, conn, "orders")
	for _, tc := range []struct {
		size    int
		carried bool
	}{{1024, false}, {100, true}} {
		if err := clewnats.Publish(t.Context(), conn, &nats.Msg{Subject: "orders", Data: make([]byte, tc.size)}); err != nil {
			t.Fatal(err)
		}
		if got := next(); len(got.Data) != tc.size || (len(got.Header) > 0) != tc.carried {
			t.Errorf("%d bytes and header %v, want %d", len(got.Data), got.Header, tc.size)
		}
	}
}

func TestWithoutHeadersMessagesStillFlow(t *testing.T) {
	clewtest.Record(t)
	conn := connect(t, func(o *server.Options) { o.NoHeaderSupport, o.JetStream = true, false })
	next := receive(t, conn, "orders")
	if err := clewnats.Publish(t.Context(), conn, &nats.Msg{Subject: "orders", Data: []byte("tea")}); err != nil {
		t.Fatal(err)
	}
	if got := next(); string(got.Data) != "tea" {
		t.Errorf("got %v", got)
	}
}

func TestFailuresAreRecorded(t *testing.T) {
	r, conn := clewtest.Record(t), connect(t, unchanged)
	boom := errors.New("boom")
	err := clewnats.Process(t.Context(), &nats.Msg{Subject: "_INBOX.abc.1"}, func(context.Context) error { return boom })
	if s := r.Span("process (temporary)"); !errors.Is(err, boom) || s.Status.Description != "boom" {
		t.Errorf("err %v, status %v", err, s.Status)
	}
	conn.Close()
	if err := clewnats.Publish(t.Context(), conn, &nats.Msg{Subject: "orders"}); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("got %v", err)
	}
	if s := r.Span("publish orders"); s.Status.Code != codes.Error {
		t.Errorf("status %v", s.Status)
	}
	if clewnats.Publish(t.Context(), nil, nil) == nil {
		t.Error("publishing nothing over nothing succeeded")
	}
	if err := clewnats.Process(t.Context(), nil, work); err != nil {
		t.Error(err)
	}
}
