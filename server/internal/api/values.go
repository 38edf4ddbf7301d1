package api

import (
	"net/http"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/store"
)

func (a *api) listValues(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	options := wireList(store.Fields, func(f store.Field) string { return string(f) })
	field, prefix, limit := p.oneOf("field", options...), p.text("prefix"), p.limit()
	if field == "" {
		p.fail("field", "field is missing; want one of %v", options)
	}
	if err := p.done(); err != nil {
		return err
	}
	items, err := a.Store.Values(r.Context(), store.Field(field), prefix, limit)
	if err != nil {
		return err
	}
	return writeJSON(w, client.List[string]{Items: wireStrings(items)})
}
