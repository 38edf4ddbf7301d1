package clewamqp

import (
	"context"
	"maps"
	"slices"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Carrier is a carrier over the headers of a message. It finds names in any case, reads strings and bytes, which is what
// clients in other languages write, and leaves other values alone.
type Carrier amqp.Table

var _ propagation.TextMapCarrier = Carrier{}

// Get returns the value of key, or "". The exact spelling wins over others.
func (c Carrier) Get(key string) string {
	if s := text(c[key]); s != "" {
		return s
	}
	var found, value string // of several spellings the first in order, so that the answer is always the same
	for name, v := range c {
		if len(name) == len(key) && strings.EqualFold(name, key) && (value == "" || name < found) {
			if s := text(v); s != "" {
				found, value = name, s
			}
		}
	}
	return value
}

// Set replaces the value of key in every spelling.
func (c Carrier) Set(key, value string) {
	if c == nil {
		return
	}
	c.remove(key)
	c[strings.ToLower(key)] = value
}

// Keys returns the names in no particular order.
func (c Carrier) Keys() []string { return slices.Collect(maps.Keys(c)) }

func (c Carrier) remove(key string) {
	maps.DeleteFunc(c, func(name string, _ any) bool { return strings.EqualFold(name, key) })
}

func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// injected returns a copy of headers with the current span in place of what an earlier hop wrote in any format, so that
// no two disagree.
func injected(ctx context.Context, headers amqp.Table, idsOnly bool) amqp.Table {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return headers
	}
	out := maps.Clone(headers)
	if out == nil {
		out = amqp.Table{}
	}
	for _, field := range clew.ContextFields() {
		Carrier(out).remove(field)
	}
	if idsOnly {
		clew.InjectIDs(ctx, Carrier(out))
	} else {
		clew.Inject(ctx, Carrier(out))
	}
	return out
}
