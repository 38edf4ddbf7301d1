package llmhttp

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
)

// Framed returns a recorded body as it goes over the wire: in testdata an event stream of AWS has a line for each frame,
// the kind of the event and its payload.
func Framed(media string, body []byte) []byte {
	if !slices.Contains(eventStream.media, media) {
		return body
	}
	var out []byte
	for line := range strings.Lines(string(body)) {
		kind, data, _ := strings.Cut(strings.TrimSpace(line), " ")
		out = append(out, frame(kind, data)...)
	}
	return out
}

// StreamingAPIs names the APIs that have streams.
func StreamingAPIs() []string {
	var out []string
	for _, p := range providers {
		if p.stream != nil {
			out = append(out, p.api)
		}
	}
	return out
}

func frame(kind, data string) []byte {
	name := ":event-type"
	if strings.HasSuffix(kind, "Exception") {
		name = ":exception-type"
	}
	var headers []byte
	for _, h := range [][2]string{{":message-type", "event"}, {":content-type", "application/json"}, {name, kind}} {
		headers = append(append(headers, byte(len(h[0]))), h[0]...)
		headers = append(headers, headerString)
		headers = append(binary.BigEndian.AppendUint16(headers, uint16(len(h[1]))), h[1]...)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(frameMin+len(headers)+len(data)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(headers)))
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
	out = append(append(out, headers...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
}

func TestFramesThatAreNoneEndTheStream(t *testing.T) {
	good := frame("a", "{}")
	spoil := func(at int) []byte {
		bad := bytes.Clone(good)
		bad[at] ^= 0x40
		return append(bad, good...)
	}
	tests := map[string]struct {
		body []byte
		want int
	}{
		"nothing":             {nil, 0},
		"two":                 {append(bytes.Clone(good), good...), 2},
		"cut off":             {append(bytes.Clone(good), good[:len(good)-1]...), 1},
		"a wrong length":      {spoil(3), 0},
		"an absurd length":    {spoil(0), 0},
		"wrong headers":       {spoil(7), 0},
		"a wrong checksum":    {spoil(9), 0},
		"a changed payload":   {spoil(len(good) - 6), 0},
		"text instead":        {[]byte("data: {}\n\ndata: {}\n\n"), 0},
		"a prelude of zeroes": {make([]byte, 100), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := 0
			for e := range eventStream.events(test.body) {
				if n++; e.kind != "a" || string(e.data) != "{}" {
					t.Errorf("event %q %q", e.kind, e.data)
				}
			}
			if n != test.want {
				t.Errorf("%d events, want %d", n, test.want)
			}
		})
	}
}

func TestHeadersOfAFrameAreReadWhateverTheirType(t *testing.T) {
	event := append([]byte("\x0b:event-type\x07\x00\x01"), 'a')
	tests := map[string]struct {
		headers []byte
		want    string
	}{
		"all types": {slices.Concat([]byte("\x01t\x00\x01f\x01\x01b\x02."), []byte("\x01s\x03..\x01i\x04....\x01l\x05........"),
			[]byte("\x01y\x06\x00\x02.."), []byte("\x01m\x08........\x01u\x09................"), event), "a"},
		"a type that is none":   {append([]byte("\x01t\x0a"), event...), ""},
		"a name that is cut":    {[]byte("\x0b:event"), ""},
		"a value that is cut":   {event[:len(event)-1], ""},
		"a length that is cut":  {event[:len(event)-2], ""},
		"an event of no string": {[]byte("\x0b:event-type\x04...."), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(frameKind(test.headers)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
