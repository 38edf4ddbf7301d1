package llmhttp

import "bytes"

// jsonLines has a JSON value in each line.
var jsonLines = &framing{
	media:   []string{"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"},
	scanner: func() scanner { return &lineScanner{} },
	object:  true,
}

type lineScanner struct {
	pos  int // where the line begins
	seen int // up to here it has no end
}

func (s *lineScanner) next(body []byte) (event, bool) {
	for {
		end := find(body, '\n', s.seen, len(body))
		if s.seen = end; end == len(body) {
			return event{}, false
		}
		line := bytes.TrimSpace(body[s.pos:end])
		s.pos, s.seen = end+1, end+1
		if len(line) > 0 {
			return event{data: line}, true
		}
	}
}

func (s *lineScanner) rest(body []byte) (event, bool) {
	line := bytes.TrimSpace(body[s.pos:])
	return event{data: line}, len(line) > 0
}
