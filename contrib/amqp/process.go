package clewamqp

import (
	"context"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Process runs fn inside a consumer span that continues the trace of the message, and returns its error. Without a
// usable context in the message's headers the span is a child of the current one. It does not acknowledge.
func Process(ctx context.Context, d amqp.Delivery, fn func(context.Context) error, opts ...ProcessOption) error {
	c := newProcessConfig(opts)
	ctx, links := c.continued(ctx, d.Headers)
	name, attrs := c.destination(d.Exchange, d.RoutingKey)
	attrs = append(append(attrs, keyBodySize.Int(len(d.Body))), message(d.MessageId, d.CorrelationId)...)
	return c.run(ctx, name, attrs, links, fn)
}

// ProcessBatch runs fn inside one consumer span, a child of the current one, that links to the spans that sent the
// messages, and returns its error.
func ProcessBatch(ctx context.Context, ds []amqp.Delivery, fn func(context.Context) error, opts ...ProcessOption) error {
	c := newProcessConfig(opts)
	var links []trace.Link
	same := len(ds) > 0
	for _, d := range ds {
		remote := clew.Extract(context.Background(), Carrier(d.Headers), c.extract...)
		if sc := trace.SpanContextFromContext(remote); sc.IsValid() {
			links = append(links, trace.Link{SpanContext: sc, Attributes: message(d.MessageId, d.CorrelationId)})
		}
		same = same && d.Exchange == ds[0].Exchange && d.RoutingKey == ds[0].RoutingKey
	}
	name, attrs := c.name, []attribute.KeyValue{keySystem.String(system)}
	if same {
		name, attrs = c.destination(ds[0].Exchange, ds[0].RoutingKey)
	}
	return c.run(ctx, name, append(attrs, keyCount.Int(len(ds))), links, fn)
}

func (c config) run(ctx context.Context, name string, attrs []attribute.KeyValue, links []trace.Link, fn func(context.Context) error) (err error) {
	attrs = append(attrs, keyOperation.String(process), keyName.String(process))
	opts := append([]clew.SpanOption{clew.Kind(trace.SpanKindConsumer), clew.Attr(attrs...), clew.Links(links...)}, c.span...)
	ctx, span := clew.Start(ctx, strings.TrimSpace(process+" "+name), opts...)
	defer span.EndErr(&err)
	return fn(ctx)
}

// continued returns the context that the work on one message starts from, and what it links to.
func (c config) continued(ctx context.Context, headers amqp.Table) (context.Context, []trace.Link) {
	if ctx == nil {
		ctx = context.Background()
	}
	around := trace.SpanContextFromContext(ctx)
	remote := clew.Extract(ctx, Carrier(headers), c.extract...)
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
