package llmhttp

// jsonArray is one JSON array of objects that grows, which no content type announces. Objects one after another without
// an array are read as well.
var jsonArray = &framing{scanner: func() scanner { return &arrayScanner{} }, object: true}

type arrayScanner struct {
	cursor       // at what comes next
	begin    int // what comes after the object before
	start    int // where the object begins that is being read
	depth    int // how many braces are open in it
	inString bool
	escaped  bool
}

func (s *arrayScanner) next(body []byte) (event, bool) {
	for ; s.pos < len(body); s.pos++ {
		switch b := body[s.pos]; {
		case s.escaped:
			s.escaped = false
		case s.inString:
			s.escaped, s.inString = b == '\\', b != '"'
		case b == '"':
			s.inString = s.depth > 0
		case b == '{':
			if s.depth == 0 {
				s.start = s.pos
			}
			s.depth++
		case b == '}' && s.depth > 0:
			if s.depth--; s.depth == 0 {
				s.pos++
				e := event{data: body[s.start:s.pos], frame: body[s.begin:s.pos], at: s.start - s.begin}
				s.begin = s.pos
				return e, true
			}
		}
	}
	return event{}, false
}

func (s *arrayScanner) skip(n int) {
	s.cursor.skip(n)
	s.begin = s.pos
}

// rest returns nothing: an object says itself where it ends.
func (s *arrayScanner) rest([]byte) (event, bool) { return event{}, false }
