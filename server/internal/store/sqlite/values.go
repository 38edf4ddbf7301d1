package sqlite

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// A value is a string that many spans share: a service, a name, a session. Each
// is stored once per field; everything else has its number. Number 0 is "".

// fields are the fields whose values are numbered and lead to traces. The order
// is stored: append only.
var fields = [...]struct {
	field store.Field
	of    func(*trace.Span) string
	set   func(*trace.Span, string) // nil when the span has it elsewhere
}{
	{store.FieldService, func(s *trace.Span) string { return s.Service }, func(s *trace.Span, v string) { s.Service = v }},
	{store.FieldName, func(s *trace.Span) string { return s.Name }, func(s *trace.Span, v string) { s.Name = v }},
	{store.FieldType, func(s *trace.Span) string { return s.Type }, func(s *trace.Span, v string) { s.Type = v }},
	{store.FieldUser, func(s *trace.Span) string { return s.User }, func(s *trace.Span, v string) { s.User = v }},
	{store.FieldSession, func(s *trace.Span) string { return s.Session }, func(s *trace.Span, v string) { s.Session = v }},
	{"provider", func(s *trace.Span) string { return s.Provider }, func(s *trace.Span, v string) { s.Provider = v }},
	{"model", func(s *trace.Span) string { return s.Model }, func(s *trace.Span, v string) { s.Model = v }},
	{"status", statusValue, nil},
}

// Indexes in fields.
const (
	fieldService = iota
	fieldName
	fieldType
	fieldUser
	fieldSession
	fieldProvider
	fieldModel
	fieldStatus
)

// statusValue is "" for a status that is as good as none.
func statusValue(s *trace.Span) string {
	if s.Status == trace.StatusOK || s.Status == trace.StatusError {
		return s.Status.String()
	}
	return ""
}

// numbers are the values of one span.
type numbers [len(fields)]int64

type value struct {
	field int
	text  string
}

// values knows the numbers of values. Its caches hold committed rows only.
type values struct {
	mu      sync.Mutex
	numbers map[value]int64
	texts   map[int64]string

	last int64 // number that was given out; the writer's
}

func newValues() *values {
	return &values{numbers: map[value]int64{}, texts: map[int64]string{}}
}

// maxValues bounds each cache of values; a full one starts afresh.
const maxValues = 1 << 16

// text returns the value with a number.
func (v *values) text(t *tx, no int64) (string, error) {
	if no == 0 {
		return "", nil
	}
	v.mu.Lock()
	s, ok := v.texts[no]
	v.mu.Unlock()
	if ok {
		return s, nil
	}
	found, err := t.one(loadValue, []any{no}, &s)
	if err != nil {
		return "", err
	}
	if !found {
		return "", fmt.Errorf("%w: no value %d", errCorrupt, no)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.texts) >= maxValues {
		clear(v.texts)
	}
	v.texts[no] = s
	return s, nil
}

// find returns the number of a value; ok is false when no span ever had it.
func (v *values) find(t *tx, field int, text string) (no int64, ok bool, err error) {
	v.mu.Lock()
	no, ok = v.numbers[value{field, text}]
	v.mu.Unlock()
	if !ok {
		ok, err = t.one(findValue, []any{field, text}, &no)
	}
	return no, ok, err
}

// numbering is one transaction's use of values.
type numbering struct {
	values *values
	fresh  map[value]int64
}

func (v *values) begin() *numbering { return &numbering{v, map[value]int64{}} }

// number returns the number of a value and stores it when it is new.
func (n *numbering) number(t *tx, field int, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	key := value{field, text}
	if no, ok := n.fresh[key]; ok {
		return no, nil
	}
	no, ok, err := n.values.find(t, field, text)
	if err == nil && !ok {
		n.values.last++
		no, err = n.values.last, t.exec(insertValue, n.values.last, field, text)
	}
	if err != nil {
		return 0, err
	}
	key.text = strings.Clone(text) // it may be a small part of a large request
	n.fresh[key] = no
	return no, nil
}

// of numbers all values of a span.
func (n *numbering) of(t *tx, s *trace.Span) (nos numbers, err error) {
	for i := range fields {
		if nos[i], err = n.number(t, i, fields[i].of(s)); err != nil {
			return nos, err
		}
	}
	return nos, nil
}

// committed makes what the transaction learnt known to later ones.
func (n *numbering) committed() {
	n.values.mu.Lock()
	defer n.values.mu.Unlock()
	if len(n.values.numbers)+len(n.fresh) > maxValues {
		clear(n.values.numbers)
	}
	maps.Copy(n.values.numbers, n.fresh)
}

// forget empties the caches: rows went.
func (v *values) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.numbers)
	clear(v.texts)
}
