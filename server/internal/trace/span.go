package trace

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"
)

// Kind is OTLP's span kind.
type Kind uint8

// The span kinds, with OTLP's numbers.
const (
	KindUnspecified Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

var kindNames = []string{"unspecified", "internal", "server", "client", "producer", "consumer"}

// String returns the kind's name in the API.
func (k Kind) String() string { return nameOf(kindNames, int(k)) }

// MarshalText writes the String form.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the String form; an unknown name is KindUnspecified.
func (k *Kind) UnmarshalText(b []byte) error { *k = Kind(indexOf(kindNames, string(b))); return nil }

// Status is OTLP's status code.
type Status uint8

// The status codes, with OTLP's numbers.
const (
	StatusUnset Status = iota
	StatusOK
	StatusError
)

var statusNames = []string{"unset", "ok", "error"}

// String returns the status's name in the API.
func (s Status) String() string { return nameOf(statusNames, int(s)) }

// MarshalText writes the String form.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the String form; an unknown name is StatusUnset.
func (s *Status) UnmarshalText(b []byte) error {
	*s = Status(indexOf(statusNames, string(b)))
	return nil
}

func nameOf(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return names[0]
	}
	return names[i]
}

func indexOf(names []string, s string) int {
	for i, n := range names {
		if n == s {
			return i
		}
	}
	return 0
}

// Time is a point in time in nanoseconds since the Unix epoch, as OTLP sends
// it. 0 means "not given".
type Time int64

// Std returns t in UTC.
func (t Time) Std() time.Time { return time.Unix(0, int64(t)).UTC() }

// String returns RFC 3339 with nanoseconds, UTC; "" for 0.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("2006-01-02T15:04:05.000000000Z")
}

// MarshalText writes the String form.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads RFC 3339; "" is 0.
func (t *Time) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*t = 0
		return nil
	}
	std, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return err
	}
	*t = Time(std.UnixNano())
	return nil
}

// OTLP's span flags: the low 8 bits are W3C trace flags, bit 9 is the answer to
// "was the parent in another process?" and bit 8 says that bit 9 is meaningful.
const (
	FlagHasIsRemote uint32 = 1 << 8
	FlagIsRemote    uint32 = 1 << 9
)

// Event is something that happened at one time within a span.
type Event struct {
	Name       string     `json:"name"`
	Time       Time       `json:"time"`
	Attributes Attributes `json:"attributes"`
	Dropped    uint32     `json:"dropped_attributes_count,omitempty"`
}

// Link points at another span that has to do with this one.
type Link struct {
	TraceID    TraceID    `json:"trace_id"`
	SpanID     SpanID     `json:"span_id"`
	TraceState string     `json:"trace_state"`
	Flags      uint32     `json:"flags,omitempty"`
	Attributes Attributes `json:"attributes"`
	Dropped    uint32     `json:"dropped_attributes_count,omitempty"`
}

// Resource is what sent a span: a process with its service name. Spans of one
// request share a Resource; treat it as immutable.
type Resource struct {
	Attributes Attributes
	SchemaURL  string
	Dropped    uint32
}

// Scope is the instrumentation that made a span. Shared and immutable, like Resource.
type Scope struct {
	Name, Version string
	Attributes    Attributes
	SchemaURL     string
	Dropped       uint32
}

// Span is the OTLP span, kept whole, with what was derived from it. The derived
// part can be made again from the rest at any time.
type Span struct {
	TraceID       TraceID
	ID            SpanID
	ParentID      SpanID // zero for a root
	TraceState    string
	Flags         uint32
	Name          string
	Kind          Kind
	Start, End    Time // End is 0 while the span is open
	Attributes    Attributes
	Events        []Event
	Links         []Link
	Status        Status
	StatusMessage string
	Resource      *Resource // never nil in stored data
	Scope         *Scope    // never nil in stored data

	DroppedAttributes, DroppedEvents, DroppedLinks uint32

	Derived
}

// Derived is the one view that all attribute conventions are turned into. Absent
// strings are "", unknown numbers are nil.
type Derived struct {
	Service                   string // resource's service.name
	Type                      string // DEFAULT, LLM, TOOL, …; never "" in stored data
	Session                   string
	User                      string
	Tags                      []string
	Metadata                  map[string]any
	Provider                  string
	Model                     string
	InputTokens, OutputTokens *int64
	Cost                      *Money
	CostFrom                  string // who says so: the key that gave Cost, or the price that it was computed with
	Input, Output             string // JSON text, or plain text, as sent
	IsError                   bool   // OTLP status error, or an exception event where a convention says so
	Again                     Time   // when this was derived again; 0 for a derivation on arrival
}

// Open reports whether the span was started and not yet ended.
func (s *Span) Open() bool { return s.End == 0 }

// Duration is End - Start in nanoseconds, 0 for an open span and never negative.
func (s *Span) Duration() int64 {
	if s.End <= s.Start {
		return 0
	}
	return int64(s.End - s.Start)
}

// RemoteParent says whether the parent was in another process, by the flag
// bits; known is false when the sender did not say.
func (s *Span) RemoteParent() (remote, known bool) {
	return s.Flags&FlagIsRemote != 0, s.Flags&FlagHasIsRemote != 0
}

// Identity tells apart spans that share a span id in one trace (B3 lets a
// client and its server share one). Facts with equal Identity are about the
// same span.
type Identity struct {
	TraceID TraceID
	ID      SpanID
	Service string
	Kind    Kind
	Start   Time
}

// Identity returns the span's identity.
func (s *Span) Identity() Identity {
	return Identity{s.TraceID, s.ID, s.Service, s.Kind, s.Start}
}

// Compare is the order of [Compare], of spans of one trace.
func (id Identity) Compare(other Identity) int {
	if id.Start != other.Start {
		return cmp.Compare(id.Start, other.Start)
	}
	return cmp.Or(
		bytes.Compare(id.ID[:], other.ID[:]),
		cmp.Compare(id.Service, other.Service),
		cmp.Compare(id.Kind, other.Kind),
	)
}

var _ json.Marshaler = Value{}
