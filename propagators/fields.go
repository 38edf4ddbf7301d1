package propagators

import (
	"math/bits"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/propagation"
)

// Values are the values of one field of a carrier, in order.
type Values struct {
	first string
	more  []string
	n     int
}

// each calls yield for every value until it returns false.
func (v Values) each(yield func(string) bool) {
	if v.n == 0 || !yield(v.first) {
		return
	}
	for _, value := range v.more {
		if !yield(value) {
			return
		}
	}
}

func (v *Values) set(values []string) {
	if v.n = len(values); v.n > 0 {
		v.first, v.more = values[0], values[1:]
	}
}

// maxFields is how many fields all formats of the table have together, at most.
const maxFields = 16

// maxValues is how many values of one field are looked at: as many as there may be of a baggage that has a byte in each.
const maxValues = MaxBaggage

// found are the fields of one carrier that some format of the table reads, whatever the case of their names.
type found struct {
	values   [maxFields]Values
	present  uint32   // bit i is set when values[i] is there
	spelled  uint32   // bit i is set when values[i] was found to be spelled in several ways
	over     uint32   // bit i is set when values[i] are not all, because there were more than maxValues
	prefixed []Member // entries of fields that begin with a prefix, by name
}

// slot is the place of one field in found.
type slot struct {
	name   string
	header string // the name as net/http writes it
	at     int
}

// slots are the table's fields by the length of their names; places has the first slot of each format.
var slots, places = indexFields(Formats)

// initials are the bytes that a field's name can begin with, so that most headers of a request are passed over at once.
var initials = func() (out [256]bool) {
	for _, sameLength := range slots {
		for _, s := range sameLength {
			out[s.name[0]], out[s.name[0]-'a'+'A'] = true, true
		}
	}
	return out
}()

// prefix is the one prefix that the table has.
const prefix = "uberctx-"

func indexFields(formats []Format) (byLength [32][]slot, places map[string]int) {
	places = map[string]int{}
	at := 0
	for _, f := range formats {
		places[f.Name] = at
		for _, name := range f.Fields {
			byLength[len(name)] = append(byLength[len(name)], slot{name, http.CanonicalHeaderKey(name), at})
			at++
		}
	}
	if at > maxFields {
		panic("propagators: maxFields is too small for the table") // a mistake in the table, seen by any test
	}
	return byLength, places
}

func fieldOf(name string) (slot, bool) {
	if len(name) < len(slots) {
		for _, s := range slots[len(name)] {
			if equalFold(name, s.name) {
				return s, true
			}
		}
	}
	return slot{}, false
}

// equalFold compares ASCII; lower is in lower case and as long as s.
func equalFold(s, lower string) bool {
	for i := range len(lower) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

var foundPool = sync.Pool{New: func() any { return new(found) }}

func (f *found) release() {
	for ; f.present != 0; f.present &= f.present - 1 {
		f.values[bits.TrailingZeros32(f.present)] = Values{}
	}
	f.prefixed, f.spelled, f.over = nil, 0, 0
	foundPool.Put(f)
}

func (f *found) wantsPrefixed(name string) bool {
	return hasPrefix(name) && len(f.prefixed) <= MaxBaggageMembers
}

func hasPrefix(name string) bool {
	return len(name) > len(prefix) && name[0]|0x20 == prefix[0] && equalFold(name[:len(prefix)], prefix)
}

func (f *found) addPrefixed(name, value string) {
	if f.wantsPrefixed(name) {
		f.prefixed = append(f.prefixed, Member{Key: strings.ToLower(name[len(prefix):]), Value: value})
	}
}

// onlyTraceParent returns the one traceparent, or "", of HTTP headers in which there is no other field of the table.
func onlyTraceParent(c propagation.TextMapCarrier) (text string, only bool) {
	h, ok := c.(Header)
	if !ok {
		return "", false
	}
	for name, values := range h {
		switch {
		case name == "" || !initials[name[0]]:
		case name == "Traceparent" && len(values) == 1 && values[0] != "":
			text = values[0]
		default:
			if _, field := fieldOf(name); field || hasPrefix(name) {
				return "", false
			}
		}
	}
	return text, true
}

func (f *found) nothing() bool { return f.present == 0 && len(f.prefixed) == 0 }

// of returns the part of f that a format reads; ok is false when there is none.
func (f *found) of(p *placed) (in []Values, prefixed []Member, ok bool) {
	if p.format.Prefix != "" {
		prefixed = f.prefixed
	}
	return f.values[p.at : p.at+len(p.format.Fields)], prefixed, f.present&p.mask != 0 || len(prefixed) > 0
}

// overfull is why a format of which a field has too many values is not read.
func (f *found) overfull(p *placed) *Refusal {
	if f.over&p.mask == 0 {
		return nil
	}
	return fault{ReasonTooMany, "a field comes more than " + strconv.Itoa(maxValues) + " times"}.refuse(p.format.Name, "", -1)
}

// placed is a format with the places of its fields.
type placed struct {
	format *Format
	at     int
	mask   uint32
}

func place(f *Format) placed {
	at := places[f.Name]
	return placed{format: f, at: at, mask: (1<<len(f.Fields) - 1) << at}
}

// Read finds the format in a carrier. An absent format is a zero Carried and a nil Refusal.
func (f *Format) Read(c propagation.TextMapCarrier) (Carried, *Refusal) {
	if c == nil {
		return Carried{}, nil
	}
	if _, inTable := places[f.Name]; !inTable {
		in, ok := f.find(c)
		if !ok {
			return Carried{}, nil
		}
		return f.read(in, nil)
	}
	all := gather(forgiving(c))
	defer all.release()
	p := place(f)
	in, prefixed, ok := all.of(&p)
	if !ok {
		return Carried{}, nil
	}
	if refusal := all.overfull(&p); refusal != nil {
		return Carried{}, refusal
	}
	return f.read(in, prefixed)
}

// Write puts a context into a carrier. Without valid ids it writes nothing unless the format says NoSpan.
func (f *Format) Write(out Carried, c propagation.TextMapCarrier) {
	if c != nil && (out.Valid() || f.NoSpan) {
		f.write(outgoing{Carried: out}, c)
	}
}
