package sqlite

import (
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
)

// candidate is an item of a listing before it was looked at.
type candidate[T any] struct {
	item    T // at least what its place in the list depends on
	no      int64
	revised bool // its content may not be what the index says
}

// listing takes candidates in order, a chunk at a time, until a page is full.
type listing[T any] struct {
	kind    store.Listing
	sort    query.Sort
	size    int // of a chunk; each is larger than the one before when every chunk sorts all rows
	at      func(*T) store.Cursor
	chunk   func(after *store.Cursor, n int) ([]candidate[T], error)
	matches func(*candidate[T]) (bool, error) // may complete the item
}

func (l *listing[T]) page(p query.Page) (items []T, next string, err error) {
	var after *store.Cursor
	if p.Cursor != "" {
		c, err := store.DecodeCursor(l.kind, l.sort, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		after = &c
	}
	limit := max(1, p.Limit)
	for {
		found, err := l.chunk(after, l.size)
		if err != nil {
			return nil, "", err
		}
		for i := range found {
			c := &found[i]
			if ok, err := l.matches(c); err != nil {
				return nil, "", err
			} else if !ok {
				continue
			}
			if len(items) == limit {
				return items, l.at(&items[limit-1]).Encode(l.kind, l.sort), nil
			}
			items = append(items, c.item)
		}
		if len(found) < l.size {
			return items, "", nil
		}
		c := l.at(&found[len(found)-1].item)
		after = &c
		if !l.sort.IsZero() {
			l.size = min(4*max(l.size, walkChunk), maxChunk)
		}
	}
}
