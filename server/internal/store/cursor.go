package store

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// Listing names a listing, so that a cursor of one is refused by another.
type Listing byte

// The listings that have pages.
const (
	ListTraces   Listing = 't'
	ListSessions Listing = 's'
)

// Cursor is a place in a listing: just after the item that is sorted by this
// time and id. It names no row, so it stays good whatever is appended.
type Cursor struct {
	At trace.Time
	ID string // the 16 bytes of a trace id, or a session id
}

// Encode returns the cursor as text for a URL.
func (c Cursor) Encode(l Listing) string {
	b := binary.BigEndian.AppendUint64([]byte{byte(l)}, uint64(c.At))
	return base64.RawURLEncoding.EncodeToString(append(b, c.ID...))
}

// DecodeCursor reads what Encode wrote for the same listing; anything else is
// an ErrCursor.
func DecodeCursor(l Listing, s string) (Cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) < 9 || Listing(b[0]) != l || (l == ListTraces && len(b) != 9+16) {
		return Cursor{}, fmt.Errorf("%w: %.80q", ErrCursor, s)
	}
	return Cursor{At: trace.Time(binary.BigEndian.Uint64(b[1:9])), ID: string(b[9:])}, nil
}
