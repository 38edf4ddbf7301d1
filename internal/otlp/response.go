package otlp

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"github.com/clewhq/clew/internal/jsonstring"
)

// Tags of ExportTraceServiceResponse and ExportTracePartialSuccess.
const (
	responsePartial = 1<<3 | length

	partialRejected = 1<<3 | varint
	partialMessage  = 2<<3 | length

	statusText = 2<<3 | length // of google.rpc.Status, which an OTLP server refuses with
)

var errTruncated = errors.New("the answer is no OTLP response: it ends within a field")

// ParseResponse reads an ExportTraceServiceResponse: how many spans the server did not take, and what it has to say, which
// may be something without any span being refused. Fields that are not known are skipped.
func ParseResponse(b []byte) (rejected int64, message string, err error) {
	for len(b) > 0 {
		var f field
		if f, b, err = next(b); err != nil {
			return 0, "", err
		}
		if f.tag != responsePartial {
			continue
		}
		for p := f.bytes; len(p) > 0; {
			if f, p, err = next(p); err != nil {
				return 0, "", err
			}
			switch f.tag {
			case partialRejected:
				rejected = int64(f.number)
			case partialMessage:
				message = valid(string(f.bytes))
			}
		}
	}
	return max(0, rejected), message, nil
}

var errNoObject = errors.New("the answer is no OTLP response: it is not an object of JSON")

// ParseJSONResponse is ParseResponse for a server that answers in JSON, whatever it was sent. Within an escaped string no
// name of a member can stand, so members are found without a decoder.
func ParseJSONResponse(b []byte) (rejected int64, message string, err error) {
	text := strings.TrimSpace(string(b))
	switch {
	case text == "":
		return 0, "", nil
	case text[0] != '{' || text[len(text)-1] != '}':
		return 0, "", errNoObject
	}
	for _, name := range []string{"rejectedSpans", "rejectedLogRecords"} {
		number := strings.TrimPrefix(member(text, name), `"`) // as text or as number
		end := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' })
		if n, err := strconv.ParseInt(number[:max(0, end)], 10, 64); err == nil && n > 0 {
			rejected = n
		}
	}
	if said := member(text, "errorMessage"); strings.HasPrefix(said, `"`) {
		said = said[1 : jsonstring.End(said, 0)-1]
		message = said
		if plain, ok := jsonstring.Unescape(said); ok {
			message = plain
		}
	}
	return rejected, valid(message), nil
}

// member returns text from the value of a member on; "" if there is none.
func member(text, name string) string {
	const space = " \t\r\n"
	for {
		_, rest, found := strings.Cut(text, `"`+name+`"`)
		if !found {
			return ""
		}
		if value, ok := strings.CutPrefix(strings.TrimLeft(rest, space), ":"); ok {
			return strings.TrimLeft(value, space)
		}
		text = rest
	}
}

// ParseStatus returns the text of a google.rpc.Status; "" if b is none.
func ParseStatus(b []byte) (message string) {
	for len(b) > 0 {
		f, rest, err := next(b)
		if err != nil {
			return ""
		}
		if b = rest; f.tag == statusText {
			message = valid(string(f.bytes))
		}
	}
	return message
}

// field is one field of a message: a number or bytes, as its wire type has it.
type field struct {
	tag    uint64
	number uint64
	bytes  []byte
}

func next(b []byte) (f field, rest []byte, err error) {
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return f, nil, errTruncated
	}
	f.tag, b = tag, b[n:]
	size := uint64(0)
	switch tag & 7 {
	case varint:
		if f.number, n = binary.Uvarint(b); n <= 0 {
			return f, nil, errTruncated
		}
		return f, b[n:], nil
	case fixed64:
		size = 8
	case fixed32:
		size = 4
	case length:
		if size, n = binary.Uvarint(b); n <= 0 {
			return f, nil, errTruncated
		}
		b = b[n:]
	default:
		return f, nil, errors.New("the answer is no OTLP response: it has a field of unknown kind")
	}
	if size > uint64(len(b)) {
		return f, nil, errTruncated
	}
	f.bytes = b[:size]
	return f, b[size:], nil
}
