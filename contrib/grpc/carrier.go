package clewgrpc

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"

	"github.com/clewhq/clew"
)

// Carrier is a carrier over gRPC metadata, for code that reads or writes a context by itself, such as a gateway. It
// finds names in any case and writes them in lower case, as gRPC demands.
type Carrier metadata.MD

var (
	_ propagation.TextMapCarrier = Carrier{}
	_ propagation.ValuesGetter   = Carrier{}
)

// Get returns the first value of key, or "".
func (c Carrier) Get(key string) string {
	if vs := c.Values(key); len(vs) > 0 {
		return vs[0]
	}
	return ""
}

// Values returns every value of key, however its name is written.
func (c Carrier) Values(key string) []string {
	lower := strings.ToLower(key)
	out := c[lower]
	for name, vs := range c {
		if name != lower && len(name) == len(key) && strings.EqualFold(name, key) {
			out = append(out[:len(out):len(out)], vs...)
		}
	}
	return out
}

// Set replaces every value of key.
func (c Carrier) Set(key, value string) {
	if c == nil {
		return
	}
	c.remove(key)
	c[strings.ToLower(key)] = []string{value}
}

// Keys returns the names in no particular order.
func (c Carrier) Keys() []string {
	out := make([]string, 0, len(c))
	for name := range c {
		out = append(out, name)
	}
	return out
}

func (c Carrier) remove(key string) {
	for name := range c {
		if len(name) == len(key) && strings.EqualFold(name, key) {
			delete(c, name)
		}
	}
}

// outgoing returns ctx with its current span in the outgoing metadata. A context that is there already, because a proxy
// passed its metadata on, is replaced in all formats, so that no two of them disagree.
func outgoing(ctx context.Context, share bool) context.Context {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	md, _ := metadata.FromOutgoingContext(ctx) // a copy
	if md == nil {
		md = metadata.MD{}
	}
	for _, field := range clew.ContextFields() {
		Carrier(md).remove(field)
	}
	if share {
		clew.Inject(ctx, Carrier(md))
	} else {
		clew.InjectIDs(ctx, Carrier(md))
	}
	return metadata.NewOutgoingContext(ctx, md)
}
