package propagators

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"github.com/clewhq/clew/internal/inherit"
)

// w3cBaggage is W3C Baggage: https://www.w3.org/TR/baggage/. What is read becomes OpenTelemetry's baggage of the
// context; what is written is that, in the order it was received in, and what was added here behind it by name.
var w3cBaggage = Format{
	Name:      "baggage",
	Fields:    []string{"baggage"},
	Inherited: true,
	NoSpan:    true,
	read:      readBaggage,
	write: func(out outgoing, c propagation.TextMapCarrier) {
		if text := writeBaggage(out.Baggage); text != "" {
			c.Set("baggage", text)
		}
	},
}

// Limits of baggage, read and written, which are those that the specification obliges everybody to grant. What is over
// them is left out by whole members, from the end.
const (
	MaxBaggage        = 8192
	MaxBaggageMembers = 64
)

// Member is one entry of the baggage, decoded.
type Member struct {
	Key        string
	Value      string
	Properties []Property
}

// Property is one property of a baggage member, decoded.
type Property struct {
	Key      string
	Value    string
	HasValue bool
}

func readBaggage(in []Values, _ []Member) (Carried, *Refusal) {
	var out Carried
	if n := strings.Count(in[0].first, ","); n < MaxBaggageMembers {
		out.Baggage = make([]Member, 0, n+1)
	}
	used := 0 // bytes so far, had all been one field; one comma too many
	in[0].each(func(field string) bool {
		for field != "" {
			text, rest, _ := strings.Cut(field, ",")
			field = rest
			used += len(text) + 1
			var f fault
			var m Member
			switch {
			case used-1 > MaxBaggage:
				f = fault{ReasonTooLong, "is longer than " + strconv.Itoa(MaxBaggage) + " bytes"}
			case strings.Trim(text, " \t") == "":
				continue
			case len(out.Baggage) == MaxBaggageMembers:
				f = fault{ReasonTooMany, "has more than " + strconv.Itoa(MaxBaggageMembers) + " members"}
			default:
				if m, f = parseMember(text); !f.bad() {
					out.Baggage = append(out.Baggage, m)
					continue
				}
			}
			out.Refused = append(out.Refused, f.refuse("baggage", "baggage", -1))
			if f.reason == ReasonTooLong || f.reason == ReasonTooMany || len(out.Refused) == MaxBaggageMembers {
				return false
			}
		}
		return true
	})
	return out, nil
}

func parseMember(text string) (Member, fault) {
	head, properties, more := strings.Cut(text, ";")
	key, value, found := strings.Cut(head, "=")
	key = strings.Trim(key, " \t")
	switch {
	case !found:
		return Member{}, fault{ReasonSyntax, "has a member without ="}
	case !token(key):
		return Member{}, fault{ReasonSyntax, "has a key that is not a token"}
	}
	m := Member{Key: key}
	var f fault
	if m.Value, f = decodeBaggage(value); f.bad() {
		return Member{}, f
	}
	for more {
		var one string
		one, properties, more = strings.Cut(properties, ";")
		if one = strings.Trim(one, " \t"); one == "" {
			continue
		}
		key, value, found := strings.Cut(one, "=")
		p := Property{Key: strings.Trim(key, " \t"), HasValue: found}
		if !token(p.Key) {
			return Member{}, fault{ReasonSyntax, "has a property that is not a token"}
		}
		if p.Value, f = decodeBaggage(value); f.bad() {
			return Member{}, f
		}
		m.Properties = append(m.Properties, p)
	}
	return m, fault{}
}

// decodeBaggage reads a value: printable ASCII but for a few marks, everything else as the UTF-8 bytes' percent codes.
func decodeBaggage(value string) (string, fault) {
	value = strings.Trim(value, " \t")
	encoded := false
	for i := range len(value) {
		c := value[i]
		if !baggageOctet(c) && c != '%' {
			return "", fault{ReasonSyntax, "has a value with a character that must be percent-encoded"}
		}
		encoded = encoded || c == '%'
	}
	if !encoded {
		return value, fault{}
	}
	decoded, err := url.PathUnescape(value)
	if err != nil {
		return "", fault{ReasonEncoding, "has a value with a bad percent code"}
	}
	return strings.ToValidUTF8(decoded, "\ufffd"), fault{}
}

// baggageOctet reports whether c stands for itself.
func baggageOctet(c byte) bool {
	return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\' && c != '%'
}

// token is RFC 7230's.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.Contains("!#$%&'*+-.^_`|~", string(rune(c))) {
			return false
		}
	}
	return s != ""
}

func writeBaggage(members []Member) string {
	var b []byte
	n := 0
	for _, m := range members {
		if !token(m.Key) || n == MaxBaggageMembers {
			continue
		}
		before := len(b)
		if n > 0 {
			b = append(b, ',')
		}
		b = append(append(b, m.Key...), '=')
		b = appendPercent(b, m.Value)
		for _, p := range m.Properties {
			if !token(p.Key) {
				continue
			}
			b = append(append(b, ';'), p.Key...)
			if p.HasValue {
				b = appendPercent(append(b, '='), p.Value)
			}
		}
		if len(b) > MaxBaggage {
			b = b[:before]
			continue
		}
		n++
	}
	return string(b)
}

func appendPercent(b []byte, value string) []byte {
	const upper = "0123456789ABCDEF"
	for i := range len(value) {
		if c := value[i]; baggageOctet(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upper[c>>4], upper[c&15])
		}
	}
	return b
}

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

// mergeBaggage adds to mine the members of theirs that have other keys.
func mergeBaggage(mine, theirs []Member) []Member {
	if len(mine) == 0 {
		return theirs
	}
	known := len(mine)
	for _, m := range theirs {
		if !slices.ContainsFunc(mine[:known], func(have Member) bool { return have.Key == m.Key }) {
			mine = append(slices.Clip(mine), m)
		}
	}
	return mine
}
