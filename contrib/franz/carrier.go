package clewfranz

import (
	"context"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Carrier is a carrier over the headers of a record. It finds names in any case; of several headers of one name the
// last one counts, as everywhere with Kafka.
type Carrier struct{ Record *kgo.Record }

var _ propagation.TextMapCarrier = Carrier{}

// Get returns the value of key, or "".
func (c Carrier) Get(key string) string {
	if c.Record == nil {
		return ""
	}
	for i := len(c.Record.Headers) - 1; i >= 0; i-- {
		if h := &c.Record.Headers[i]; strings.EqualFold(h.Key, key) {
			return string(h.Value)
		}
	}
	return ""
}

// Set replaces every header of that name by one. The slice of headers is replaced too, because records may share it.
func (c Carrier) Set(key, value string) {
	if c.Record == nil {
		return
	}
	c.Record.Headers = append(without(c.Record.Headers, key), kgo.RecordHeader{Key: strings.ToLower(key), Value: []byte(value)})
}

// Keys returns the names in the record's order.
func (c Carrier) Keys() []string {
	if c.Record == nil {
		return nil
	}
	out := make([]string, len(c.Record.Headers))
	for i, h := range c.Record.Headers {
		out[i] = h.Key
	}
	return out
}

// without returns a copy that has none of the names, with room for one header more.
func without(headers []kgo.RecordHeader, names ...string) []kgo.RecordHeader {
	out := make([]kgo.RecordHeader, 0, len(headers)+1)
next:
	for _, h := range headers {
		for _, name := range names {
			if strings.EqualFold(h.Key, name) {
				continue next
			}
		}
		out = append(out, h)
	}
	return out
}

// inject writes the current span into r in place of what an earlier hop wrote in any format, so that no two disagree.
func inject(ctx context.Context, r *kgo.Record, idsOnly bool) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return
	}
	r.Headers = without(r.Headers, clew.ContextFields()...)
	if idsOnly {
		clew.InjectIDs(ctx, Carrier{r})
	} else {
		clew.Inject(ctx, Carrier{r})
	}
}
