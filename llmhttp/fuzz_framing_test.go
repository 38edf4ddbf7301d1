package llmhttp

import (
	"slices"
	"strings"
	"testing"
)

// FuzzEvents holds the scanner against the definition: lines end in CR LF, LF or CR, a blank line closes an event.
func FuzzEvents(f *testing.F) {
	bodies, _ := seeds(f, "response.http")
	for _, body := range bodies {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var want []string
		var data []string
		text := strings.TrimPrefix(string(body), "\ufeff")
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
		for line := range strings.SplitSeq(text+"\n\n", "\n") {
			if line == "" {
				if data != nil {
					want = append(want, strings.Join(data, "\n"))
				}
				data = nil
				continue
			}
			if name, value, _ := strings.Cut(line, ":"); name == "data" {
				data = append(data, strings.TrimPrefix(value, " "))
			}
		}
		var got []string
		for e := range sse.events(body) {
			got = append(got, string(e.data))
		}
		if !slices.Equal(want, got) {
			t.Errorf("%q\ngave %q\nwant %q", body, got, want)
		}
	})
}

// shortStreams are streams whose pieces are worth looking at, with which framing they are for.
var shortStreams = []struct {
	*framing
	body string
}{
	{sse, "data: a\n\ndata: b\ndata: c\n\n"}, {sse, "\xef\xbb\xbfdata:a\r\n\r\ndata:b\r\rdata:c\r\n\n"}, {sse, "\xef\xbbdata: a\n\n"},
	{sse, ": x\n\nevent: e\ndata\n\ndata:\n\ndatax: 1\n\nid: 1\ndata: d"}, {sse, "\r\n\r\n\n\rdata: a\r\n\r\n\r\n"},
	{jsonLines, "{\"a\":1}\n\n \t\n {\"b\":2}\r\n{\"c\""}, {jsonLines, "\u0085{}\u2028\n1\n\xff\n"},
	{jsonArray, `[{"a":"}\"{\\"},` + "\n" + `{"b":{"c":[{}]}}]`}, {jsonArray, `"{" {"a":"\\"}{}}{"b`},
	{eventStream, string(frame("contentBlockDelta", `{"a":1}`)) + string(frame("messageStop", `{}`)) + "\x00\x00\x00\x10\x00\x00"},
}

// addStreams adds the short streams and the recorded ones, with the number of their framing.
func addStreams(f *testing.F, add func(body []byte, by uint8)) {
	f.Helper()
	for _, s := range shortStreams {
		add([]byte(s.body), uint8(slices.Index(framings, s.framing)))
	}
	bodies, by := seeds(f, "response.http")
	for i, body := range bodies {
		add(body, by[i])
	}
}

// FuzzPieces cuts a stream in pieces of any sizes, and finds the same events in them as in the whole.
func FuzzPieces(f *testing.F) {
	addStreams(f, func(body []byte, by uint8) {
		for _, sizes := range []string{"\x01", "\x02", "\x07", "\x00\x03\x01\x0b"} {
			f.Add(body, by, []byte(sizes))
		}
	})
	f.Fuzz(func(t *testing.T, body []byte, by uint8, sizes []byte) {
		framing := framingBy(by)
		want, got := said(framing.scanner(), body, nil), said(framing.scanner(), body, sizes)
		if !slices.Equal(want, got) {
			t.Errorf("in pieces of %v: %q\nwant %q", sizes, got, want)
		}
	})
}

// said returns what the events of a stream say that comes in pieces of these sizes, again and again; at once if there are none.
func said(s scanner, body []byte, sizes []byte) (out []string) {
	for n, piece := 0, 0; ; piece++ {
		if len(sizes) == 0 || piece >= len(body)+len(sizes) && slices.Max(sizes) == 0 {
			n = len(body)
		} else {
			n = min(n+int(sizes[piece%len(sizes)]), len(body))
		}
		for e, ok := s.next(body[:n]); ok; e, ok = s.next(body[:n]) {
			out = append(out, e.kind+": "+string(e.data))
		}
		if n == len(body) {
			return out
		}
	}
}

// FuzzTail looks for the last events from the end of a stream, and finds those that reading all of it does.
func FuzzTail(f *testing.F) {
	addStreams(f, func(body []byte, by uint8) {
		for n := range uint8(6) {
			f.Add(body, by, n)
		}
	})
	f.Fuzz(func(t *testing.T, body []byte, by, n uint8) {
		framing := framingBy(by)
		var want, got []string
		for e := range framing.events(body) {
			want = append(want, string(e.data))
		}
		for _, e := range framing.last(body, int(n)) {
			got = append(got, string(e.data))
		}
		if want = want[max(0, len(want)-int(n)):]; !slices.Equal(want, got) {
			t.Errorf("the last %d events of %q are %q, want %q", n, body, got, want)
		}
	})
}

// FuzzFrames puts other data into the frame of an event, and finds it there: what the template relies on.
func FuzzFrames(f *testing.F) {
	addStreams(f, func(body []byte, by uint8) { f.Add(body, by) })
	f.Fuzz(func(t *testing.T, body []byte, by uint8) {
		framing := framingBy(by)
		for e := range framing.events(body) {
			if e.frame == nil {
				continue
			}
			const other = `{"other":1}`
			again := string(e.frame[:e.at]) + other + string(e.frame[e.at+len(e.data):])
			s := framing.scanner()
			got := said(s, []byte("\n"+again), nil)
			if want := []string{": " + other}; !slices.Equal(want, got) || s.where() != len(again)+1 {
				t.Errorf("%q is read as %q up to %d", again, got, s.where())
			}
		}
	})
}
