package sqlite

import (
	"context"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Scan implements [store.Store].
func (s *Store) Scan(ctx context.Context, f query.Filter, p query.Page, whole bool) ([]*trace.Span, string, error) {
	var out []*trace.Span
	var next string
	err := s.search(ctx, "scan spans", true, func(t *tx) error {
		var after *store.Cursor
		if p.Cursor != "" {
			c, err := store.DecodeCursor(store.ListTraces, query.Sort{}, p.Cursor)
			if err != nil {
				return err
			}
			after = &c
		}
		sel, err := s.selection(t, f)
		if err != nil || sel.none {
			return err
		}
		sel.tags, sel.bodies = true, whole
		for {
			found, err := tracesAfter(t, sel, f, query.Sort{}, after, walkChunk)
			if err != nil {
				return err
			}
			for i, c := range found {
				if sel.index != nil && !sel.isFew && !sel.index.has(c.no) {
					continue
				}
				err := s.matching(t, sel, stored{c.no, c.item.TraceID, c.revised}, func(sp *trace.Span, _ func() int) bool {
					if f.MatchTime(sp.Start, max(sp.Start, sp.End)) {
						if !whole {
							sp = withoutBody(sp)
						}
						out = append(out, sp)
					}
					return true
				})
				if err != nil {
					return err
				}
				if len(out) >= max(1, p.Limit) && (i+1 < len(found) || len(found) == walkChunk) {
					next = store.TraceCursor(&c.item, query.Sort{}).Encode(store.ListTraces, query.Sort{})
					return nil
				}
			}
			if len(found) < walkChunk {
				return nil
			}
			c := store.TraceCursor(&found[len(found)-1].item, query.Sort{})
			after = &c
		}
	})
	if err != nil {
		return nil, "", err
	}
	return out, next, nil
}
