package sqlite

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/clewhq/clew/server/internal/trace"
)

// A frame holds some spans of one trace: one commit's part of it, or what
// several were rewritten into. Its outline can be read without its body. Of two
// versions of a span the one in the later frame counts.
type frame struct {
	no           int64
	firstMessage int64 // number, within the trace, of the first of its messages
	messages     int64 // how many it holds
	outline      string
}

// draft is a frame to be written.
type draft struct {
	entries  []entry
	texts    []*texts // of each entry
	messages []string // new to the trace
	first    int64    // number of the first of them
	shared   []int64  // shared messages that the bodies refer to

	outline, body []byte // once encoded
}

// drafting is memory in which one draft after the other is encoded.
type drafting struct{ outline, span, body, packed []byte }

// encode fills in the outline and the body.
func (f *draft) encode(p *packer, in *drafting) {
	out := encoder{buf: in.outline[:0]}
	out.outline(f.entries, f.shared)
	in.outline = out.buf
	f.outline = slices.Clone(in.outline)

	e := encoder{buf: in.body[:0]}
	e.uint(uint64(len(f.messages)))
	for _, m := range f.messages {
		e.string(m)
	}
	for _, ts := range f.texts {
		in.span = ts.appendTo(in.span[:0])
		e.uint(uint64(len(in.span)))
		e.buf = append(e.buf, in.span...)
	}
	in.body = e.buf
	in.packed = p.packTo(in.packed[:0], in.body)
	f.body = slices.Clone(in.packed)
}

// contents is the body of a frame, taken apart.
type contents struct {
	messages []string
	spans    []string
}

// contentsOf takes an unpacked body apart, and keeps it.
func contentsOf(raw []byte, spans int) (*contents, error) {
	d := decoder{buf: unsafe.String(unsafe.SliceData(raw), len(raw))}
	c := &contents{messages: d.strings(), spans: make([]string, 0, min(spans, len(raw)))}
	for range spans {
		c.spans = append(c.spans, d.string())
		if d.err != nil {
			break
		}
	}
	return c, d.end()
}

// body decodes the body of one span. texts may be used again afterwards.
func (c *contents) body(i int, s *trace.Span, texts *said) error {
	texts.list = texts.list[:0]
	d := decoder{buf: c.spans[i], texts: texts}
	d.body(s)
	if err := d.end(); err != nil {
		return fmt.Errorf("body of span %s: %w", s.ID, err)
	}
	return nil
}
