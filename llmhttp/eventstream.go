package llmhttp

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// eventStream is AWS's binary framing. A frame is its length and that of its headers (four bytes each, big endian), a
// checksum of these, the headers, the payload, and a checksum of everything before.
var eventStream = &framing{
	media:   []string{"application/vnd.amazon.eventstream"},
	scanner: func() scanner { return &frameScanner{} },
}

const (
	framePrelude = 12
	frameMin     = framePrelude + 4
	frameMax     = 24 << 20 // AWS's own limit, in bytes
)

// frameScanner stops for good at a frame that is not one: nothing tells where the next would begin.
type frameScanner struct {
	cursor
	headers []byte // of the last event, often those of the next
	kind    string // what they say
}

func (s *frameScanner) next(body []byte) (event, bool) {
	frame := body[s.pos:]
	if len(frame) < framePrelude {
		return event{}, false
	}
	length, headers := int64(binary.BigEndian.Uint32(frame)), int64(binary.BigEndian.Uint32(frame[4:]))
	if length < frameMin || length > frameMax || headers > length-frameMin || int64(len(frame)) < length {
		return event{}, false
	}
	sum := crc32.ChecksumIEEE(frame[:8])
	if sum != binary.BigEndian.Uint32(frame[8:]) ||
		crc32.Update(sum, crc32.IEEETable, frame[8:length-4]) != binary.BigEndian.Uint32(frame[length-4:]) {
		return event{}, false
	}
	s.pos += int(length)
	if h := frame[framePrelude : framePrelude+headers]; !bytes.Equal(h, s.headers) {
		s.headers, s.kind = h, string(frameKind(h))
	}
	return event{kind: s.kind, data: frame[framePrelude+headers : length-4]}, true
}

func (s *frameScanner) rest([]byte) (event, bool) { return event{}, false }

// headerSizes is what the value of a header takes up by its type, -1 for those that have their length before them.
var headerSizes = [...]int{0, 0, 1, 2, 4, 8, -1, -1, 8, 16}

const headerString = 7

// frameKind returns the type of the event or exception that headers name, nothing if they do not.
func frameKind(headers []byte) (kind []byte) {
	for len(headers) > 0 {
		n := int(headers[0])
		if len(headers) < n+2 {
			return kind
		}
		name, typ := headers[1:n+1], headers[n+1]
		headers = headers[n+2:]
		if int(typ) >= len(headerSizes) {
			return kind
		}
		size := headerSizes[typ]
		if size < 0 {
			if len(headers) < 2 {
				return kind
			}
			size, headers = int(binary.BigEndian.Uint16(headers)), headers[2:]
		}
		if len(headers) < size {
			return kind
		}
		switch string(name) {
		case ":event-type", ":exception-type", ":error-code":
			if typ == headerString {
				kind = headers[:size]
			}
		}
		headers = headers[size:]
	}
	return kind
}
