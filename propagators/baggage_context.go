package propagators

import (
	"context"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/baggage"

	"github.com/clewhq/clew/internal/inherit"
)

// adoptBaggage puts received members into ctx: as OpenTelemetry's baggage for programs, and in their order for Inject.
func adoptBaggage(ctx context.Context, members []Member) context.Context {
	if len(members) == 0 {
		return ctx
	}
	c := &withBaggage{Context: ctx, received: members}
	if otelBaggageKey == nil {
		c.Context = c.otel()
	}
	return c
}

// withBaggage is a context with received baggage. OpenTelemetry's form of it, a map, is made when it is asked for.
type withBaggage struct {
	context.Context
	received []Member

	once sync.Once
	with context.Context // the context above with OpenTelemetry's form
}

type baggageKey struct{}

// otelBaggageKey is what OpenTelemetry asks a context for its baggage with, or nil if that cannot be learnt.
var otelBaggageKey = func() any {
	k := inherit.KeyAsked(func(ctx context.Context) { baggage.FromContext(ctx) })
	if k == nil || baggage.ContextWithBaggage(context.Background(), baggage.Baggage{}).Value(k) == nil {
		return nil
	}
	return k
}()

func (c *withBaggage) Value(k any) any {
	switch k {
	case baggageKey{}:
		return c
	case otelBaggageKey:
		return c.otel().Value(k)
	}
	return c.Context.Value(k)
}

func (c *withBaggage) otel() context.Context {
	c.once.Do(func() { c.with = withMembers(c.Context, c.received) })
	return c.with
}

// withMembers adds to OpenTelemetry's baggage of ctx.
func withMembers(ctx context.Context, members []Member) context.Context {
	have := baggage.FromContext(ctx).Members()
	all := append(make([]baggage.Member, 0, len(have)+len(members)), have...)
	for _, m := range members {
		var properties []baggage.Property
		for _, p := range m.Properties {
			one, err := baggage.NewKeyProperty(p.Key)
			if p.HasValue {
				one, err = baggage.NewKeyValuePropertyRaw(p.Key, p.Value)
			}
			if err == nil {
				properties = append(properties, one)
			}
		}
		if member, err := baggage.NewMemberRaw(m.Key, m.Value, properties...); err == nil {
			all = append(all, member)
		}
	}
	with, err := baggage.New(all...)
	if err != nil && with.Len() == 0 {
		return ctx // more than OpenTelemetry's type holds
	}
	return baggage.ContextWithBaggage(ctx, with)
}

// currentBaggage is OpenTelemetry's baggage of ctx, in the order it was received in.
func currentBaggage(ctx context.Context) []Member {
	have := baggage.FromContext(ctx)
	if have.Len() == 0 {
		return nil
	}
	var received []Member
	if c, ok := ctx.Value(baggageKey{}).(*withBaggage); ok {
		received = c.received
	}
	out := make([]Member, 0, have.Len())
	for i, m := range received {
		now := have.Member(m.Key)
		last := !slices.ContainsFunc(received[i+1:], func(later Member) bool { return later.Key == m.Key })
		switch {
		case now.Key() == "": // deleted here
		case last && now.Value() != m.Value:
			out = append(out, memberOf(now))
		default:
			out = append(out, m)
		}
	}
	known := len(out)
	for _, m := range have.Members() {
		if !slices.ContainsFunc(received, func(r Member) bool { return r.Key == m.Key() }) {
			out = append(out, memberOf(m))
		}
	}
	slices.SortFunc(out[known:], func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
	return out
}

func memberOf(m baggage.Member) Member {
	out := Member{Key: m.Key(), Value: m.Value()}
	for _, p := range m.Properties() {
		value, has := p.Value()
		out.Properties = append(out.Properties, Property{Key: p.Key(), Value: value, HasValue: has})
	}
	return out
}
