package store

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// Listing names a listing, so that a cursor of one is refused by another.
type Listing byte

// The listings that have pages.
const (
	ListTraces   Listing = 't'
	ListSessions Listing = 's'
	ListSpans    Listing = 'p'
)

// Cursor is a place in a listing: just after the item that is sorted so. It
// names no row, so it stays good whatever is appended.
type Cursor struct {
	Value int64 // what the item is sorted by, before At …
	Known bool  // … when that is known; never in the listing's own order
	At    trace.Time
	ID    string // the 16 bytes of a trace id, a session id, or see SpanCursor
}

// TraceCursor is the place of a trace.
func TraceCursor(t *trace.Summary, s query.Sort) Cursor {
	v, known := s.Trace(t)
	return Cursor{v, known, t.Start, string(t.TraceID[:])}
}

// SessionCursor is the place of a session.
func SessionCursor(x *trace.SessionSummary, s query.Sort) Cursor {
	v, known := s.Session(x)
	return Cursor{v, known, x.End, x.ID}
}

// SpanCursor is the place of a span. Its ID is the trace's id, the span's id, the
// service and the kind, one after the other.
func SpanCursor(sp *trace.Span, s query.Sort) Cursor {
	v, known := s.Span(sp)
	id := make([]byte, 0, len(sp.TraceID)+len(sp.ID)+len(sp.Service)+1)
	id = append(append(append(id, sp.TraceID[:]...), sp.ID[:]...), sp.Service...)
	return Cursor{v, known, sp.Start, string(append(id, byte(sp.Kind)))}
}

// Compare is negative when c comes before d in a listing that is sorted so.
func (c Cursor) Compare(d Cursor, l Listing, s query.Sort) int {
	if c.Known != d.Known {
		if c.Known {
			return -1
		}
		return 1
	}
	byValue := cmp.Compare(c.Value, d.Value)
	if s.Desc {
		byValue = -byValue
	}
	byID := strings.Compare(d.ID, c.ID)
	if l == ListSessions {
		byID = -byID
	}
	return cmp.Or(byValue, cmp.Compare(d.At, c.At), byID)
}

// Encode returns the cursor as text for a URL.
func (c Cursor) Encode(l Listing, s query.Sort) string {
	b := append([]byte{byte(l), byte(len(s.String()))}, s.String()...)
	if !s.IsZero() {
		known := byte(0)
		if c.Known {
			known = 1
		}
		b = binary.BigEndian.AppendUint64(append(b, known), uint64(c.Value))
	}
	b = binary.BigEndian.AppendUint64(b, uint64(c.At))
	return base64.RawURLEncoding.EncodeToString(append(b, c.ID...))
}

// DecodeCursor reads what Encode wrote for the same listing in the same order;
// anything else is an ErrCursor.
func DecodeCursor(l Listing, s query.Sort, text string) (c Cursor, err error) {
	wrong := func() (Cursor, error) { return Cursor{}, fmt.Errorf("%w: %.80q", ErrCursor, text) }
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return wrong()
	}
	b, ok := strings.CutPrefix(string(raw), string([]byte{byte(l), byte(len(s.String()))})+s.String())
	if !ok {
		return wrong()
	}
	if !s.IsZero() {
		if len(b) < 9 || b[0] > 1 {
			return wrong()
		}
		c.Known, c.Value = b[0] == 1, int64(binary.BigEndian.Uint64([]byte(b[1:9])))
		b = b[9:]
	}
	if len(b) < 8 || l == ListTraces && len(b) != 8+16 || l == ListSpans && len(b) < 8+16+8+1 {
		return wrong()
	}
	c.At, c.ID = trace.Time(binary.BigEndian.Uint64([]byte(b[:8]))), b[8:]
	return c, nil
}
