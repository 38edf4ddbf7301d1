package sqlite

import (
	"math/bits"

	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/words"
)

// sifting is a sieve's look at one trace.
type sifting struct {
	*sieve
	r      *reading
	frames [][]heard // of the messages of each frame

	heard heard // in the span
}

// all is everything that can be heard.
func (sv *sieve) all() heard { return heard(1)<<len(sv.phrases) - 1 }

// listen adds what may be in a text, or a piece of one.
func (st *sifting) listen(s words.Scanner) {
	for left := st.all() &^ st.heard; left != 0; left &= left - 1 {
		if n := bits.TrailingZeros64(uint64(left)); st.phrases[n](s) {
			st.heard |= 1 << n
		}
	}
}

// once returns what may be in a text that will be asked for again.
func (st *sifting) once(text string) heard {
	one := sifting{sieve: st.sieve}
	one.listen(words.Scan(text))
	return one.heard | listened
}

// span finds out what may be in the content of a span: see query.Text.
func (st *sifting) span(s *trace.Span, nos *numbers, body string) (err error) {
	if st.heard, err = st.name(nos[fieldName]); err != nil {
		return err
	}
	st.listen(words.Scan(s.StatusMessage))
	return st.body(body)
}

func (st *sifting) name(no int64) (heard, error) {
	h := st.names[no]
	if h == 0 && no != 0 {
		text, err := st.r.s.values.text(st.r.t, no)
		if err != nil {
			return 0, err
		}
		h = st.once(text)
		st.names[no] = h
	}
	return h, nil
}

func (st *sifting) message(m ref) (heard, error) {
	if m.shared {
		h := st.shared[m.no]
		if h == 0 {
			text, err := st.r.message(m)
			if err != nil {
				return 0, err
			}
			h = st.once(text)
			st.shared[m.no] = h
		}
		return h, nil
	}
	text, err := st.r.message(m)
	if err != nil {
		return 0, err
	}
	i, _ := st.r.holding(m.no)
	f := &st.r.frames[i]
	if st.frames[i] == nil {
		st.frames[i] = make([]heard, f.messages)
	}
	h := &st.frames[i][m.no-f.firstMessage]
	if *h == 0 {
		*h = st.once(text)
	}
	return *h, nil
}

func (st *sifting) body(body string) error {
	d := decoder{buf: body}
	st.attributes(&d)
	for range d.count() {
		st.listen(words.Scan(d.string())) // the name of an event
		d.int()
		d.uint()
		st.attributes(&d)
	}
	st.text(&d)
	st.text(&d)
	return d.err
}

func (st *sifting) attributes(d *decoder) {
	for range d.count() {
		_ = d.string() // keys are no content
		st.value(d)
	}
}

func (st *sifting) value(d *decoder) {
	if d.depth++; d.depth > maxDepth {
		d.fail()
	}
	defer func() { d.depth-- }()
	v := trace.Value{Type: trace.ValueType(d.byte())}
	switch v.Type {
	case trace.Empty:
	case trace.String:
		st.text(d)
	case trace.Bytes:
		_ = d.string()
	case trace.Bool, trace.Int:
		v.Int = d.int()
		st.listen(words.Scan(v.Text()))
	case trace.Double:
		v.Double = d.double()
		st.listen(words.Scan(v.Text()))
	case trace.Array:
		for range d.count() {
			st.value(d)
		}
	case trace.Map:
		st.attributes(d)
	default:
		d.fail()
	}
}

func (st *sifting) text(d *decoder) {
	h := d.uint()
	switch n := h >> textBits; h & (1<<textBits - 1) {
	case textLiteral:
		st.listen(words.Scan(d.take(n)))
	case textSame:
	case textPieces:
		if n > uint64(len(d.buf)) {
			d.fail()
		}
		for range n {
			if d.err != nil {
				return
			}
			st.piece(d)
		}
	default:
		d.fail()
	}
}

func (st *sifting) piece(d *decoder) {
	h := d.uint()
	switch no := h >> textBits; h & (1<<textBits - 1) {
	case pieceLiteral:
		st.listen(words.ScanJSON(d.take(no))) // only JSON is cut
	case pieceLocal, pieceShared:
		heard, err := st.message(ref{h&(1<<textBits-1) == pieceShared, int64(no)})
		if err != nil && d.err == nil {
			d.err, d.buf = err, ""
		}
		st.heard |= heard
	default:
		d.fail()
	}
}
