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
		remote := clew.Extract(context.Background(), Carrier(m.Headers()), c.extract...)
		if sc := trace.SpanContextFromContext(remote); sc.IsValid() {
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
	return c.run(ctx, name, attrs, links, fn)
}

func (c config) one(ctx context.Context, subject string, header nats.Header, id string, size int, fn func(context.Context) error) error {
	ctx, links := c.continued(ctx, header)
	name, attrs := c.destination(subject)
	attrs = append(append(attrs, keyBodySize.Int(size)), messageID(id)...)
	return c.run(ctx, name, attrs, links, fn)
}

func (c config) run(ctx context.Context, name string, attrs []attribute.KeyValue, links []trace.Link, fn func(context.Context) error) (err error) {
	attrs = append(attrs, keySystem.String(system), keyOperation.String(process), keyName.String(process))
	opts := append([]clew.SpanOption{clew.Kind(trace.SpanKindConsumer), clew.Attr(attrs...), clew.Links(links...)}, c.span...)
	ctx, span := clew.Start(ctx, strings.TrimSpace(process+" "+name), opts...)
	defer span.EndErr(&err)
	return fn(ctx)
}

// continued returns the context that the work on one message starts from, and what it links to.
func (c config) continued(ctx context.Context, header nats.Header) (context.Context, []trace.Link) {
	if ctx == nil {
		ctx = context.Background()
	}
	around := trace.SpanContextFromContext(ctx)
	remote := clew.Extract(ctx, Carrier(header), c.extract...)
	sc := trace.SpanContextFromContext(remote)
	if !sc.IsValid() || sc.Equal(around) {
		return remote, nil // nothing was received; remote knows why
	}
	links := []trace.Link{{SpanContext: sc}}
	if !c.linked {
		if around.IsValid() {
			links = append(links, trace.Link{SpanContext: around})
		}
		return remote, links
	}
	if session, ok := clew.SessionFrom(remote); ok {
		ctx = clew.WithSession(ctx, session)
	}
	if user, ok := clew.UserFrom(remote); ok {
		ctx = clew.WithUser(ctx, user)
	}
	return clew.WithMetadata(ctx, clew.MetadataFrom(remote)...), links
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
