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
	receive := clew.Receive
	if c.linked {
		receive = clew.ReceiveLinked
	}
	ctx, from := receive(ctx, Carrier{r}, c.extract...)
	attrs := append(position(r), keySystem.String(system), keyTopic.String(r.Topic), keyOperation.String(process),
		keyName.String(process), keyBodySize.Int(len(r.Value)))
	return c.run(ctx, []*kgo.Record{r}, process+" "+r.Topic, attrs, from, fn)
}

// ProcessBatch runs fn inside one consumer span, a child of the current one, that links to the spans that produced the
// records, and returns its error.
func ProcessBatch(ctx context.Context, rs []*kgo.Record, fn func(context.Context) error, opts ...ProcessOption) error {
	c := newProcessConfig(opts)
	var links []trace.Link
	for _, r := range rs {
		if sc := clew.Sender(Carrier{r}, c.extract...); sc.IsValid() {
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
	return c.run(ctx, rs, name, attrs, clew.Links(links...), fn)
}

func (c processConfig) run(
	ctx context.Context, rs []*kgo.Record, name string, attrs []attribute.KeyValue, from clew.SpanOption,
	fn func(context.Context) error,
) (err error) {
	opts := append([]clew.SpanOption{clew.Kind(trace.SpanKindConsumer), clew.Attr(attrs...), from}, c.span...)
	ctx, span := clew.Start(ctx, name, opts...)
	defer span.EndErr(&err)
	for _, r := range rs {
		if r != nil {
			r.Context = clew.WithSpan(r.Context, span) // what the client keeps in it stays
		}
	}
	return fn(ctx)
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
