package propagators

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/propagation"
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
