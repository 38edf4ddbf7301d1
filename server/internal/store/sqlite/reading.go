package sqlite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// reading reads one trace within a transaction. It keeps what it has unpacked,
// so it's to be dropped when the trace is done with.
type reading struct {
	s      *Store
	t      *tx
	id     trace.TraceID
	no     int64
	frames []frame // in order; those that were loaded
	all    bool    // all were
	bodies map[int64]*contents
	counts map[int64]int // spans in each frame
	texts  said          // of the span whose body is read

	unpacked int    // bytes of bodies
	room     []byte // whose capacity bodies are unpacked into; nil for new memory
}

// reading begins to read a trace. Load frames before asking for spans.
func (s *Store) reading(t *tx, id trace.TraceID, no int64) *reading {
	r := &reading{s: s, t: t, id: id, no: no, bodies: map[int64]*contents{}, counts: map[int64]int{}}
	r.texts.message = r.message
	return r
}

// loadAll reads the outlines of all frames.
func (r *reading) loadAll() error {
	if r.all {
		return nil
	}
	r.all, r.frames = true, nil
	return r.load(framesOfTrace, r.no)
}

// loadFrame reads the outline of one frame.
func (r *reading) loadFrame(no int64) error {
	if _, ok := slices.BinarySearchFunc(r.frames, no, func(f frame, no int64) int { return cmp.Compare(f.no, no) }); ok {
		return nil
	}
	if err := r.load(frameByNo, no); err != nil {
		return err
	}
	slices.SortFunc(r.frames, func(a, b frame) int { return cmp.Compare(a.no, b.no) })
	return nil
}

func (r *reading) load(q string, no int64) error {
	return r.t.query(q, []any{no}, func(scan func(...any) error) (bool, error) {
		var f frame
		err := scan(&f.no, &f.firstMessage, &f.messages, &f.outline)
		r.frames = append(r.frames, f)
		return true, err
	})
}

// version is a span's place: an entry of a frame.
type version struct {
	entry
	frame int64 // its number
	at    int   // index of the entry in the frame
}

// spans returns the current version of each span whose id is among ids, or of
// all when there are none, in no order. Values, resources and scopes are
// resolved, bodies are not there.
func (r *reading) spans(ids ...trace.SpanID) ([]version, error) {
	var out []version
	latest := map[trace.Identity]int{}
	res := r.s.resolver(r.t)
	for i := range r.frames {
		f := &r.frames[i]
		if len(ids) > 0 && !slices.ContainsFunc(ids, func(id trace.SpanID) bool { return strings.Contains(f.outline, string(id[:])) }) {
			continue
		}
		entries, err := r.outline(i)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			out = slices.Grow(out, len(entries))
		}
		for at := range entries {
			en := &entries[at]
			if len(ids) > 0 && !slices.Contains(ids, en.span.ID) {
				continue
			}
			if err := res.resolve(en); err != nil {
				return nil, err
			}
			if had, ok := latest[en.span.Identity()]; ok {
				out[had] = version{*en, f.no, at}
			} else {
				latest[en.span.Identity()] = len(out)
				out = append(out, version{*en, f.no, at})
			}
		}
	}
	return out, nil
}

// outline decodes the outline of a frame.
func (r *reading) outline(i int) ([]entry, error) {
	d := decoder{buf: r.frames[i].outline}
	entries := d.outline(r.id)
	if err := d.end(); err != nil {
		return nil, fmt.Errorf("outline of frame %d: %w", r.frames[i].no, err)
	}
	r.counts[r.frames[i].no] = len(entries)
	return entries, nil
}

// shared returns the shared messages that the trace refers to.
func (r *reading) shared() ([]int64, error) {
	var out []int64
	for i := range r.frames {
		d := decoder{buf: r.frames[i].outline}
		out = append(out, d.sharedOf()...)
		if d.err != nil {
			return nil, fmt.Errorf("outline of frame %d: %w", r.frames[i].no, d.err)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// body fills in the body of a span that spans returned.
func (r *reading) body(v *version) error {
	c, err := r.contents(v.frame)
	if err == nil {
		err = c.body(v.at, v.span, &r.texts)
	}
	return err
}

// contents unpacks the body of a frame that was loaded.
func (r *reading) contents(no int64) (*contents, error) {
	i, _ := slices.BinarySearchFunc(r.frames, no, func(f frame, no int64) int { return cmp.Compare(f.no, no) })
	f := &r.frames[i]
	c := r.bodies[f.no]
	if c == nil {
		n, known := r.counts[f.no]
		if !known {
			d := decoder{buf: f.outline}
			_, n = d.sharedOf(), d.count()
		}
		found, err := r.t.blob(bodyOfFrame, []any{f.no}, func(data []byte) error {
			raw, err := r.s.packer.unpackTo(r.room[:0], data)
			if err == nil {
				r.unpacked += len(raw)
				r.room = raw[len(raw):]
				c, err = contentsOf(raw, n)
			}
			return err
		})
		if err == nil && !found {
			err = errCorrupt
		}
		if err == nil && int64(len(c.messages)) != f.messages {
			err = errCorrupt
		}
		if err != nil {
			return nil, fmt.Errorf("body of frame %d: %w", f.no, err)
		}
		r.bodies[f.no] = c
	}
	return c, nil
}

// message returns a message that a body refers to.
func (r *reading) message(m ref) (string, error) {
	if m.shared {
		return r.s.messages.load(r.t, m.no)
	}
	i, ok := r.holding(m.no)
	if !ok {
		if err := r.loadAll(); err != nil {
			return "", err
		}
		if i, ok = r.holding(m.no); !ok {
			return "", fmt.Errorf("%w: trace %d has no message %d", errCorrupt, r.no, m.no)
		}
	}
	f := &r.frames[i]
	c, err := r.contents(f.no)
	if err != nil {
		return "", err
	}
	return c.messages[m.no-f.firstMessage], nil
}

// holding returns the index of the frame that holds a message.
func (r *reading) holding(no int64) (int, bool) {
	return slices.BinarySearchFunc(r.frames, no, func(f frame, no int64) int {
		switch {
		case f.firstMessage+f.messages <= no:
			return -1
		case f.firstMessage > no:
			return 1
		}
		return 0
	})
}
