package clewnats

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Process runs fn inside a consumer span that continues the trace of the message, and returns its error. Without a
// usable context in the message's headers the span is a child of the current one. It neither acknowledges nor answers.
func Process(ctx context.Context, m *nats.Msg, fn func(context.Context) error, opts ...ProcessOption) error {
	if m == nil {
		return fn(ctx)
	}
	c := newProcessConfig(opts)
	id := Carrier(m.Header).Get(nats.MsgIdHdr)
	if meta, err := m.Metadata(); err == nil { // it came from a stream
		id = sequence(meta.Stream, meta.Sequence.Stream)
	} else if m.Sub != nil && c.name == "" && strings.ContainsAny(m.Sub.Subject, "*>") {
		c.name = m.Sub.Subject
	}
	return c.one(ctx, m.Subject, m.Header, id, len(m.Data), fn)
}

// ProcessStream is Process for a message of a stream.
func ProcessStream(ctx context.Context, m jetstream.Msg, fn func(context.Context) error, opts ...ProcessOption) error {
	if m == nil {
		return fn(ctx)
	}
	return newProcessConfig(opts).one(ctx, m.Subject(), m.Headers(), streamID(m), len(m.Data()), fn)
}

// ProcessBatch runs fn inside one consumer span, a child of the current one, that links to the spans that sent the
// messages, and returns its error.
func ProcessBatch(ctx context.Context, ms []jetstream.Msg, fn func(context.Context) error, opts ...ProcessOption) error {
	c := newProcessConfig(opts)
	var links []trace.Link
	subject, same := "", true
	for _, m := range ms {
		if m == nil {
			continue
		}
		if sc := clew.Sender(Carrier(m.Headers()), c.extract...); sc.IsValid() {
			links = append(links, trace.Link{SpanContext: sc, Attributes: messageID(streamID(m))})
		}
		same = same && (subject == "" || subject == m.Subject())
		subject = m.Subject()
	}
	name := c.name
	attrs := []attribute.KeyValue{keyCount.Int(len(ms))}
	if same && subject != "" {
		var more []attribute.KeyValue
		name, more = c.destination(subject)
		attrs = append(attrs, more...)
	}
	return c.run(ctx, name, attrs, clew.Links(links...), fn)
}

func (c config) one(ctx context.Context, subject string, header nats.Header, id string, size int, fn func(context.Context) error) error {
	receive := clew.Receive
	if c.linked {
		receive = clew.ReceiveLinked
	}
	ctx, from := receive(ctx, Carrier(header), c.extract...)
	name, attrs := c.destination(subject)
	attrs = append(append(attrs, keyBodySize.Int(size)), messageID(id)...)
	return c.run(ctx, name, attrs, from, fn)
}

func (c config) run(ctx context.Context, name string, attrs []attribute.KeyValue, from clew.SpanOption, fn func(context.Context) error) (err error) {
	attrs = append(attrs, keySystem.String(system), keyOperation.String(process), keyName.String(process))
	opts := append([]clew.SpanOption{clew.Kind(trace.SpanKindConsumer), clew.Attr(attrs...), from}, c.span...)
	ctx, span := clew.Start(ctx, strings.TrimSpace(process+" "+name), opts...)
	defer span.EndErr(&err)
	return fn(ctx)
}

func streamID(m jetstream.Msg) string {
	meta, err := m.Metadata()
	if err != nil {
		return Carrier(m.Headers()).Get(nats.MsgIdHdr)
	}
	return sequence(meta.Stream, meta.Sequence.Stream)
}

func messageID(id string) []attribute.KeyValue {
	if id == "" {
		return nil
	}
	return []attribute.KeyValue{keyMessageID.String(id)}
}
