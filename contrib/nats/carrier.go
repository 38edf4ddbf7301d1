package clewnats

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Carrier is a carrier over the headers of a message. NATS tells upper from lower case in names; Carrier finds them in
// any case and writes them in lower case.
type Carrier nats.Header

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

// Values returns every value of key, in the order of its spellings.
func (c Carrier) Values(key string) []string {
	var names []string
	for name := range c {
		if strings.EqualFold(name, key) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []string
	for _, name := range names {
		out = append(out, c[name]...)
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
func (c Carrier) Keys() []string { return slices.Collect(maps.Keys(c)) }

func (c Carrier) remove(key string) {
	maps.DeleteFunc(c, func(name string, _ []string) bool { return strings.EqualFold(name, key) })
}

// injected returns a copy of msg with the current span in place of what an earlier hop wrote in any format, so that no
// two disagree. It is without the span if the connection cannot take it.
func injected(ctx context.Context, conn *nats.Conn, msg *nats.Msg, idsOnly bool) *nats.Msg {
	plain := &nats.Msg{Subject: msg.Subject, Reply: msg.Reply, Header: maps.Clone(msg.Header), Data: msg.Data}
	if !trace.SpanContextFromContext(ctx).IsValid() || !conn.HeadersSupported() {
		return plain
	}
	header := maps.Clone(msg.Header)
	if header == nil {
		header = nats.Header{}
	}
	for _, field := range clew.ContextFields() {
		Carrier(header).remove(field)
	}
	if idsOnly {
		clew.InjectIDs(ctx, Carrier(header))
	} else {
		clew.Inject(ctx, Carrier(header))
	}
	if size(header)+int64(len(msg.Data)) > conn.MaxPayload() {
		return plain
	}
	plain.Header = header
	return plain
}

// size is how many bytes a header takes on the wire, where it counts as payload.
func size(header nats.Header) int64 {
	n := len("NATS/1.0\r\n\r\n")
	for name, values := range header {
		for _, value := range values {
			n += len(name) + len(": ") + len(value) + len("\r\n")
		}
	}
	return int64(n)
}
