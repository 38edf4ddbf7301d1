package llmhttp

import (
	"bytes"
	"iter"
)

// events yields the data of each server-sent event in body, in the memory of body where an event has one data line. An
// event at the end that no blank line closes is yielded too: some providers leave the line out, and of a stream that
// broke off inside an event the parser refuses what it can't read. Event names, ids and comments are not used.
func events(body []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		s := newScanner(body)
		for data, ok := s.next(); ok; data, ok = s.next() {
			if !yield(data) {
				return
			}
		}
		s.line(bytes.TrimSuffix(s.body[s.pos:], []byte("\r"))) // a line without its end
		if s.lines > 0 {
			yield(s.data)
		}
	}
}

// scanner takes events from the front of a stream. Its lines end in \n, \r\n or \r.
type scanner struct {
	body []byte
	pos  int // where the next line begins
	lf   int // the first \n that is not before pos, len(body) if there is none

	data  []byte // of the event so far
	lines int    // data lines in it
}

func newScanner(body []byte) scanner {
	return scanner{body: bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), lf: -1}
}

// next returns the data of the next event that is closed by a blank line.
func (s *scanner) next() (data []byte, ok bool) {
	for {
		if s.lf < s.pos {
			s.lf = s.find('\n', len(s.body))
		}
		end, after := s.lf, s.lf+1
		if cr := s.find('\r', s.lf); cr < s.lf {
			end, after = cr, cr+1
			if after == s.lf && s.lf < len(s.body) {
				after++
			}
		}
		if end == len(s.body) {
			return nil, false
		}
		line := s.body[s.pos:end]
		s.pos = after
		if len(line) > 0 {
			s.line(line)
		} else if s.lines > 0 {
			data = s.data
			s.data, s.lines = nil, 0
			return data, true
		}
	}
}

// find returns where b is in the body between pos and end, or end.
func (s *scanner) find(b byte, end int) int {
	if i := bytes.IndexByte(s.body[s.pos:end], b); i >= 0 {
		return s.pos + i
	}
	return end
}

func (s *scanner) line(line []byte) {
	value, ok := bytes.CutPrefix(line, []byte("data"))
	if !ok || len(value) > 0 && value[0] != ':' {
		return
	}
	value = bytes.TrimPrefix(value, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch s.lines++; s.lines {
	case 1:
		s.data = value
	case 2:
		s.data = bytes.Join([][]byte{s.data, value}, []byte("\n"))
	default:
		s.data = append(append(s.data, '\n'), value...)
	}
}
