package llmhttp

import "bytes"

// sse is what the HTML standard calls an event stream. Event names, ids and comments are not used: the APIs that name
// their events repeat the name inside the data.
var sse = &framing{media: []string{"text/event-stream"}, scanner: func() scanner { return &sseScanner{} }}

// sseScanner reads lines that end in \n, \r\n or \r. A line \r at the end of what has come is over; if \n comes then, it
// belongs to it.
type sseScanner struct {
	pos     int // where the line begins that is looked at
	lf      int // the first \n that is not before pos, or how far it was looked for in vain
	cr      int // the same of \r
	afterCR bool
	started bool

	data  []byte // of the event so far
	lines int    // data lines in it
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func (s *sseScanner) next(body []byte) (event, bool) {
	if !s.started {
		if len(body) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, body) {
			return event{}, false
		}
		if s.started = true; bytes.HasPrefix(body, byteOrderMark) {
			s.pos = len(byteOrderMark)
		}
	}
	for {
		if s.afterCR && s.pos < len(body) {
			if s.afterCR = false; body[s.pos] == '\n' {
				s.pos++
			}
		}
		s.lf = find(body, '\n', max(s.lf, s.pos), len(body))
		s.cr = find(body, '\r', max(s.cr, s.pos), s.lf)
		end := min(s.lf, s.cr)
		if end == len(body) {
			return event{}, false
		}
		line := body[s.pos:end]
		s.pos, s.afterCR = end+1, body[end] == '\r'
		if len(line) > 0 {
			s.line(line)
		} else if s.lines > 0 {
			e := event{data: s.data}
			s.data, s.lines = nil, 0
			return e, true
		}
	}
}

func (s *sseScanner) rest(body []byte) (event, bool) {
	s.line(body[min(s.pos, len(body)):])
	return event{data: s.data}, s.lines > 0
}

// find returns where b is in body between from and end, or end. What is found already is not looked for again.
func find(body []byte, b byte, from, end int) int {
	if from >= end {
		return end
	}
	if body[from] == b {
		return from
	}
	if i := bytes.IndexByte(body[from:end], b); i >= 0 {
		return from + i
	}
	return end
}

func (s *sseScanner) line(line []byte) {
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
