package sqlite

import (
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
)

// candidate is an item of a listing before it was looked at.
type candidate[T any] struct {
	item    T
	no      int64
	revised bool // its content may not be what the index says
}

// chunks returns some of the candidates that follow, in order, and whether there
// may be more.
type chunks[T any] func() (found []candidate[T], more bool, err error)

// none is a listing of nothing.
func none[T any]() ([]candidate[T], bool, error) { return nil, false, nil }

// inChunks takes candidates size at a time by their place in the listing. Each
// chunk is larger than the one before when every chunk sorts all rows.
func inChunks[T any](sort query.Sort, after *store.Cursor, size int, at func(*T) store.Cursor, take func(after *store.Cursor, n int) ([]candidate[T], error)) chunks[T] {
	return func() (found []candidate[T], more bool, err error) {
		found, err = take(after, size)
		if err != nil || len(found) < size {
			return found, false, err
		}
		c := at(&found[len(found)-1].item)
		after = &c
		if !sort.IsZero() {
			size = min(4*max(size, walkChunk), maxChunk)
		}
		return found, true, nil
	}
}

// listing takes candidates until a page is full.
type listing[T any] struct {
	kind    store.Listing
	sort    query.Sort
	at      func(*T) store.Cursor
	from    func(after *store.Cursor) (chunks[T], error) // nil is the beginning
	matches func(*candidate[T]) (bool, error)
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
	take, err := l.from(after)
	if err != nil {
		return nil, "", err
	}
	limit := max(1, p.Limit)
	for more := true; more; {
		var found []candidate[T]
		if found, more, err = take(); err != nil {
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
			if items == nil {
				items = make([]T, 0, min(limit, len(found)))
			}
			items = append(items, c.item)
		}
	}
	return items, "", nil
}
