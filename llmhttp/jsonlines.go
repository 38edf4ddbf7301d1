package llmhttp

import (
	"bytes"
	"unicode"
)

// jsonLines has a JSON value in each line.
var jsonLines = &framing{
	media:   []string{"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"},
	scanner: func() scanner { return &lineScanner{} },
	object:  true,
}

type lineScanner struct {
	cursor     // at a line
	seen   int // up to here it has no end
}

func (s *lineScanner) next(body []byte) (event, bool) {
	for {
		end := find(body, '\n', max(s.seen, s.pos), len(body))
		if s.seen = end; end == len(body) {
			return event{}, false
		}
		frame := body[s.pos : end+1]
		s.pos, s.seen = end+1, end+1
		if line := bytes.TrimLeftFunc(frame, unicode.IsSpace); len(line) > 0 {
			return event{data: bytes.TrimRightFunc(line, unicode.IsSpace), frame: frame, at: len(frame) - len(line)}, true
		}
	}
}

func (s *lineScanner) rest(body []byte) (event, bool) {
	line := bytes.TrimSpace(body[s.pos:])
	return event{data: line}, len(line) > 0
}
