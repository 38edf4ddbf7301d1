package sqlite

import (
	"container/heap"
	"context"
	"math"
	"slices"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Search implements [store.Store]. It walks the traces in the order that is most
// likely to fill the page with its first ones, and stops, or leaves traces out,
// by what their summaries say: no span is longer than its trace, or starts after
// its end.
func (s *Store) Search(ctx context.Context, f query.Filter, p query.Page) ([]store.Found, string, error) {
	var items []store.Found
	var next string
	err := s.search(ctx, "search spans", true, func(t *tx) error {
		top := best{sort: p.Sort, limit: max(1, p.Limit)}
		if p.Cursor != "" {
			after, err := store.DecodeCursor(store.ListSpans, p.Sort, p.Cursor)
			if err != nil {
				return err
			}
			top.after = &after
		}
		sel, err := s.selection(t, f)
		if err != nil {
			return err
		}
		if !sel.none {
			err = s.fill(t, sel, f, &top)
		}
		items, next = top.take()
		for i := range items {
			if err == nil && sel.filter.Where == nil && items[i].Twin == 0 { // otherwise that is done, or another's
				err = annotate(t, items[i].Span)
			}
		}
		return err
	})
	return items, next, err
}

// annotate gives a span the tags that came apart from it.
func annotate(t *tx, sp *trace.Span) error {
	loose := map[trace.SpanID][]trace.Fact{}
	err := looseEvents(t, loose, eventsOfSpan, sp.TraceID[:], sp.ID[:])
	one := []*trace.Span{sp}
	join(one, loose)
	*sp = *withoutBody(one[0])
	return err
}

// boundedBy are the orders in which no span comes before its trace.
var boundedBy = []query.Sort{{By: "start"}, {By: "end", Desc: true}, {By: "duration", Desc: true}, {By: "cost", Desc: true}, {By: "tokens", Desc: true}}

// fill offers the spans that are selected to the page, as far as they may be on it.
func (s *Store) fill(t *tx, sel *selection, f query.Filter, top *best) error {
	order, size := query.Sort{}, walkChunk
	bounded := slices.Contains(boundedBy, top.sort)
	if bounded {
		order = top.sort
	}
	newest := top.sort.IsZero()
	asked := f
	if newest {
		size = checkChunk
		if c := top.after; c != nil && c.At < math.MaxInt64 && (f.To == 0 || f.To > c.At+1) {
			f.To = c.At + 1
		}
	}
	var after *store.Cursor
	for {
		if last := top.last(); newest && last != nil {
			f.From = max(f.From, last.At) // a trace that had ended before has no span that is newer
		}
		found, err := tracesAfter(t, sel, f, order, after, size)
		if err != nil {
			return err
		}
		for _, c := range found {
			last := top.last()
			switch {
			case sel.index != nil && !sel.isFew && !sel.index.has(c.no):
				continue
			case newest && last != nil && c.item.End < last.At:
				continue
			case bounded && last != nil && beyond(order, &c.item, last):
				return nil // and so are those that follow
			}
			err := s.matching(t, sel, stored{c.no, c.item.TraceID, c.revised}, func(sp *trace.Span, twin func() int) bool {
				if asked.MatchTime(sp.Start, max(sp.Start, sp.End)) {
					top.offer(sp, twin)
				}
				return true
			})
			if err != nil {
				return err
			}
		}
		if len(found) < size {
			return nil
		}
		c := store.TraceCursor(&found[len(found)-1].item, order)
		after = &c
		size = min(4*size, maxChunk)
	}
}

// beyond reports whether what a trace is sorted by says that each of its spans
// comes after last.
func beyond(order query.Sort, sum *trace.Summary, last *store.Cursor) bool {
	v, known := order.Trace(sum)
	switch {
	case !last.Known:
		return false
	case !known:
		return true
	case order.Desc:
		return v < last.Value
	default:
		return v > last.Value
	}
}

// best keeps the first few of the spans that are offered, in the order of a
// list, and one more, which tells that there is another page.
type best struct {
	sort  query.Sort
	limit int
	after *store.Cursor
	spans spanHeap
}

type placed struct {
	at   store.Cursor
	item store.Found
}

// last is the place of the last span that is kept; nil while there is room.
func (b *best) last() *store.Cursor {
	if len(b.spans.list) <= b.limit {
		return nil
	}
	return &b.spans.list[0].at
}

func (b *best) offer(sp *trace.Span, twin func() int) {
	at := store.SpanCursor(sp, b.sort)
	if b.after != nil && at.Compare(*b.after, store.ListSpans, b.sort) <= 0 {
		return
	}
	last := b.last()
	if last != nil && at.Compare(*last, store.ListSpans, b.sort) >= 0 {
		return
	}
	b.spans.sort = b.sort
	p := placed{at, store.Found{Span: withoutBody(sp), Twin: twin()}}
	if last == nil {
		heap.Push(&b.spans, p)
		return
	}
	b.spans.list[0] = p
	heap.Fix(&b.spans, 0)
}

// withoutBody returns a copy that keeps no large text alive.
func withoutBody(sp *trace.Span) *trace.Span {
	c := *sp
	c.Attributes, c.Events, c.Links, c.Input, c.Output, c.Metadata = nil, nil, nil, "", "", nil
	return &c
}

// take returns the page, and where the next begins.
func (b *best) take() (items []store.Found, next string) {
	slices.SortFunc(b.spans.list, func(x, y placed) int { return x.at.Compare(y.at, store.ListSpans, b.sort) })
	for i, p := range b.spans.list {
		if i == b.limit {
			return items, b.spans.list[i-1].at.Encode(store.ListSpans, b.sort)
		}
		items = append(items, p.item)
	}
	return items, ""
}

// spanHeap has the last in order on top.
type spanHeap struct {
	sort query.Sort
	list []placed
}

func (h *spanHeap) Len() int { return len(h.list) }
func (h *spanHeap) Less(i, j int) bool {
	return h.list[i].at.Compare(h.list[j].at, store.ListSpans, h.sort) > 0
}
func (h *spanHeap) Swap(i, j int) { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *spanHeap) Push(x any)    { h.list = append(h.list, x.(placed)) }
func (h *spanHeap) Pop() any {
	n := len(h.list) - 1
	p := h.list[n]
	h.list = h.list[:n]
	return p
}
