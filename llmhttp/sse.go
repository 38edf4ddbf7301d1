package llmhttp

import "bytes"

// sse is what the HTML standard calls an event stream. Event names, ids and comments are not used: the APIs that name
// their events repeat the name inside the data.
var sse = &framing{media: []string{"text/event-stream"}, scanner: func() scanner { return &sseScanner{} }, tail: sseTail}

// sseScanner reads lines that end in \n, \r\n or \r. A line \r at the end of what has come is over; if \n comes then, it
// belongs to it.
type sseScanner struct {
	cursor     // at the line that is looked at
	lf     int // the first \n that is not before pos, or how far it was looked for in vain
	cr     int // the same of \r

	begin int    // of the event
	data  []byte // of it so far
	at    int    // where the line is that it was in, as far as there is one
	lines int    // data lines in it
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func (s *sseScanner) next(body []byte) (event, bool) {
	if s.pos == 0 {
		if len(body) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, body) {
			return event{}, false
		}
		if bytes.HasPrefix(body, byteOrderMark) {
			s.pos = len(byteOrderMark)
		}
	}
	s.endCR(body)
	if s.lines == 0 {
		s.begin = s.pos
	}
	for {
		s.lf = find(body, '\n', max(s.lf, s.pos), len(body))
		s.cr = find(body, '\r', max(s.cr, s.pos), len(body))
		end := min(s.lf, s.cr)
		if end == len(body) {
			return event{}, false
		}
		line := body[s.pos:end]
		if len(line) > 0 {
			s.line(line)
		}
		s.pos = end + 1
		s.endCR(body)
		if len(line) > 0 {
			continue
		}
		if s.lines > 0 {
			e := event{data: s.data}
			if s.lines == 1 && len(s.data) > 0 {
				e.frame, e.at = body[s.begin:s.pos], s.at-s.begin
			}
			s.data, s.lines = nil, 0
			return e, true
		}
		s.begin = s.pos
	}
}

// endCR goes over the \n that belongs to the \r before it, if it has come.
func (s *sseScanner) endCR(body []byte) {
	if s.pos > 0 && s.pos < len(body) && body[s.pos] == '\n' && body[s.pos-1] == '\r' {
		s.pos++
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
		s.data, s.at = value, s.pos+len(line)-len(value)
	case 2:
		s.data = bytes.Join([][]byte{s.data, value}, []byte("\n"))
	default:
		s.data = append(append(s.data, '\n'), value...)
	}
}

// sseTail looks for blank lines from the end on, after each of which a new event begins.
func sseTail(body []byte, n int) int {
	end := bytes.LastIndexByte(body, '\n')
	for end > 0 {
		before := bytes.LastIndexByte(body[:end], '\n')
		if line := body[before+1 : end]; before >= 0 && (len(line) == 0 || string(line) == "\r") {
			if n--; n < 0 {
				return end + 1
			}
		}
		end = before
	}
	return 0
}
