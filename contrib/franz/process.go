package clewfranz

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Process runs fn inside a consumer span that continues the trace of the record, and returns its error. Without a
// usable context in the record's headers the span is a child of the current one.
func Process(ctx context.Context, r *kgo.Record, fn func(context.Context) error, opts ...ProcessOption) (err error) {
	if r == nil {
		return fn(ctx)
	}
	c := newProcessConfig(opts)
	ctx, links := continued(ctx, r, c)
	attrs := append(position(r), keySystem.String(system), keyTopic.String(r.Topic), keyOperation.String(process),
		keyName.String(process), keyBodySize.Int(len(r.Value)))
	return c.run(ctx, []*kgo.Record{r}, process+" "+r.Topic, attrs, links, fn)
}

// ProcessBatch runs fn inside one consumer span, a child of the current one, that links to the spans that produced the
// records, and returns its error.
func ProcessBatch(ctx context.Context, rs []*kgo.Record, fn func(context.Context) error, opts ...ProcessOption) error {
	c := newProcessConfig(opts)
	var links []trace.Link
	for _, r := range rs {
		if sc := producedBy(r, c); sc.IsValid() {
			links = append(links, trace.Link{SpanContext: sc, Attributes: position(r)})
		}
	}
	name := process
	attrs := []attribute.KeyValue{
		keySystem.String(system), keyOperation.String(process), keyName.String(process), keyCount.Int(len(rs)),
	}
	if topic, same := topicOf(rs); same {
		name += " " + topic
		attrs = append(attrs, keyTopic.String(topic))
	}
	return c.run(ctx, rs, name, attrs, links, fn)
}

func (c processConfig) run(
	ctx context.Context, rs []*kgo.Record, name string, attrs []attribute.KeyValue, links []trace.Link,
	fn func(context.Context) error,
) (err error) {
	opts := append([]clew.SpanOption{clew.Kind(trace.SpanKindConsumer), clew.Attr(attrs...), clew.Links(links...)}, c.span...)
	ctx, span := clew.Start(ctx, name, opts...)
	defer span.EndErr(&err)
	for _, r := range rs {
		if r != nil {
			r.Context = clew.WithSpan(r.Context, span) // what the client keeps in it stays
		}
	}
	return fn(ctx)
}

// continued returns the context that the work on one record starts from, and what it links to.
func continued(ctx context.Context, r *kgo.Record, c processConfig) (context.Context, []trace.Link) {
	if ctx == nil {
		ctx = context.Background()
	}
	around := trace.SpanContextFromContext(ctx)
	remote := clew.Extract(ctx, Carrier{r}, c.extract...)
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

// producedBy is the span that a record's headers name.
func producedBy(r *kgo.Record, c processConfig) trace.SpanContext {
	return trace.SpanContextFromContext(clew.Extract(context.Background(), Carrier{r}, c.extract...))
}

func topicOf(rs []*kgo.Record) (topic string, same bool) {
	for _, r := range rs {
		switch {
		case r == nil:
		case !same:
			topic, same = r.Topic, true
		case r.Topic != topic:
			return "", false
		}
	}
	return topic, same
}
