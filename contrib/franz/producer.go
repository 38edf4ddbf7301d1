package clewfranz

import (
	"context"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Keys of OpenTelemetry's messaging semantic conventions.
const (
	keySystem    = attribute.Key("messaging.system")
	keyTopic     = attribute.Key("messaging.destination.name")
	keyPartition = attribute.Key("messaging.destination.partition.id")
	keyOffset    = attribute.Key("messaging.kafka.offset")
	keyMessageID = attribute.Key("messaging.message.id")
	keyOperation = attribute.Key("messaging.operation.type")
	keyName      = attribute.Key("messaging.operation.name")
	keyCount     = attribute.Key("messaging.batch.message_count")
	keyBodySize  = attribute.Key("messaging.message.body.size")

	system  = "kafka"
	send    = "send"
	process = "process"
)

// Producer returns a hook for kgo.WithHooks. It makes a producer span of each record, as a child of the span in the
// context that Produce was called with, and puts it into the record's headers.
//
// A client uses a record's own Context, if it has one, in place of Produce's.
func Producer(opts ...ProducerOption) kgo.Hook {
	p := &producer{}
	for _, o := range opts {
		if o != nil {
			o.applyProducer(p)
		}
	}
	return p
}

type producer struct {
	idsOnly bool
	noAck   bool // the client is not told offsets
}

var (
	_ kgo.HookNewClient               = (*producer)(nil)
	_ kgo.HookProduceRecordBuffered   = (*producer)(nil)
	_ kgo.HookProduceRecordUnbuffered = (*producer)(nil)
)

// sending is in the context of a record while it is being sent.
type sending struct {
	span   *clew.Span
	before context.Context
}

type sendingKey struct{}

func (p *producer) OnNewClient(client *kgo.Client) {
	acks, ok := client.OptValue(kgo.RequiredAcks).(kgo.Acks)
	p.noAck = ok && acks == kgo.NoAck()
}

func (p *producer) OnProduceRecordBuffered(r *kgo.Record) {
	before := r.Context
	ctx, span := clew.Start(before, send+" "+r.Topic, clew.Kind(trace.SpanKindProducer), clew.Attr(
		keySystem.String(system), keyTopic.String(r.Topic), keyOperation.String(send), keyName.String(send),
		keyBodySize.Int(len(r.Value))))
	inject(ctx, r, p.idsOnly)
	r.Context = context.WithValue(ctx, sendingKey{}, sending{span, before})
}

func (p *producer) OnProduceRecordUnbuffered(r *kgo.Record, err error) {
	if r.Context == nil {
		return
	}
	s, ok := r.Context.Value(sendingKey{}).(sending)
	if !ok {
		return
	}
	r.Context = s.before
	if err == nil && !p.noAck {
		s.span.SetAttributes(position(r)...)
	}
	s.span.EndErr(&err)
}

// position says where a record is, and so which one it is.
func position(r *kgo.Record) []attribute.KeyValue {
	partition := strconv.Itoa(int(r.Partition))
	return []attribute.KeyValue{
		keyPartition.String(partition), keyOffset.Int64(r.Offset),
		keyMessageID.String(r.Topic + "/" + partition + "/" + strconv.FormatInt(r.Offset, 10)),
	}
}
