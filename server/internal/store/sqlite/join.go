package sqlite

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/trace"
)

// maxFrameSpans is how many spans a frame may hold that was made of several.
const maxFrameSpans = 512

// joiner makes one frame of several. It copies entries and bodies as they are
// but for the starts, which are differences. Its memory is used for one trace
// after the other.
type joiner struct {
	s       *Store
	frames  []looseFrame
	entries []rawEntry
	latest  map[spanKey]int64 // the frame with the version of a span that counts
	shared  []int64

	raw             []byte // a body
	messages, spans []byte // of all bodies
	packed          []byte
	outline         encoder
}

// looseFrame is a frame that may become part of another.
type looseFrame struct {
	frame
	shared  []int64
	entries []rawEntry
}

// group reads a trace and makes its new frames.
func (j *joiner) group(t *tx, d *rewritten) error {
	if err := j.outlines(t, d); err != nil {
		return err
	}
	for from := 0; from < len(j.frames); {
		to, spans := from+1, len(j.frames[from].entries)
		for to < len(j.frames) && spans+len(j.frames[to].entries) <= maxFrameSpans {
			spans += len(j.frames[to].entries)
			to++
		}
		if to-from > 1 {
			g, err := j.join(t, d.no, j.frames[from:to])
			if err != nil {
				return err
			}
			d.groups = append(d.groups, g)
		}
		from = to
	}
	return nil
}

// outlines reads the outlines of a trace.
func (j *joiner) outlines(t *tx, d *rewritten) error {
	j.frames, j.entries = j.frames[:0], j.entries[:0]
	if j.latest == nil {
		j.latest = map[spanKey]int64{}
	}
	clear(j.latest)
	err := t.query(framesOfTrace, []any{d.no}, func(scan func(...any) error) (bool, error) {
		var f looseFrame
		if err := scan(&f.no, &f.firstMessage, &f.messages, &f.outline); err != nil {
			return false, err
		}
		dec := decoder{buf: f.outline}
		f.shared = dec.sharedOf()
		from := len(j.entries)
		var last trace.Time
		for range dec.count() {
			var en rawEntry
			dec.rawEntry(&en, last)
			last = en.start
			j.entries = append(j.entries, en)
			j.latest[en.spanKey] = f.no
		}
		if err := dec.end(); err != nil {
			return false, fmt.Errorf("outline of frame %d: %w", f.no, err)
		}
		f.entries = j.entries[from:len(j.entries):len(j.entries)]
		j.frames = append(j.frames, f)
		return true, nil
	})
	if n := len(j.frames); n > 0 {
		d.count, d.last = int64(n), j.frames[n-1].no
	}
	return err
}

// join makes one frame of several of a trace, without the spans that a later
// frame has again.
func (j *joiner) join(t *tx, traceNo int64, frames []looseFrame) (frameGroup, error) {
	g := frameGroup{first: frames[0].no, last: frames[len(frames)-1].no, firstMessage: frames[0].firstMessage}
	j.shared, j.messages, j.spans = j.shared[:0], j.messages[:0], j.spans[:0]
	j.outline.buf = j.outline.buf[:0]
	n := 0 // spans
	var last trace.Time
	rest := frames
	err := t.query(bodiesOfFrames, []any{traceNo, g.first, g.last}, func(scan func(...any) error) (bool, error) {
		var data sqlite3.View
		if err := scan(&data); err != nil {
			return false, err
		}
		if len(rest) == 0 {
			return false, errCorrupt
		}
		f := &rest[0]
		rest = rest[1:]
		if err := j.body(f, data); err != nil {
			return false, fmt.Errorf("body of frame %d: %w", f.no, err)
		}
		g.messages += f.messages
		j.shared = append(j.shared, f.shared...)
		for i := range f.entries {
			if en := &f.entries[i]; j.counts(en, f) {
				j.outline.rawEntry(en, last)
				last = en.start
				n++
			}
		}
		return true, nil
	})
	if err == nil && len(rest) > 0 {
		err = errCorrupt
	}
	if err != nil {
		return g, err
	}
	slices.Sort(j.shared)
	j.shared = slices.Compact(j.shared)
	var head encoder
	head.numbers(j.shared)
	head.uint(uint64(n))
	g.outline = append(head.buf, j.outline.buf...)

	body := encoder{buf: j.raw[:0]}
	body.uint(uint64(g.messages))
	body.buf = append(append(body.buf, j.messages...), j.spans...)
	j.raw = body.buf
	j.packed = j.s.packer.packTo(j.packed[:0], j.raw)
	g.body = slices.Clone(j.packed)
	return g, nil
}

// counts reports whether an entry of a frame is the version of its span that
// counts.
func (j *joiner) counts(en *rawEntry, f *looseFrame) bool { return j.latest[en.spanKey] == f.no }

// body adds the messages of a body, and the bodies of the spans that count.
func (j *joiner) body(f *looseFrame, data []byte) (err error) {
	if j.raw, err = j.s.packer.unpackTo(j.raw[:0], data); err != nil {
		return err
	}
	d := decoder{buf: unsafe.String(unsafe.SliceData(j.raw), len(j.raw))}
	if int64(d.count()) != f.messages {
		d.fail()
	}
	from := d.buf
	for range f.messages {
		_ = d.string()
	}
	j.messages = append(j.messages, from[:len(from)-len(d.buf)]...)
	for i := range f.entries {
		from := d.buf
		_ = d.string()
		if j.counts(&f.entries[i], f) {
			j.spans = append(j.spans, from[:len(from)-len(d.buf)]...)
		}
	}
	return d.end()
}
