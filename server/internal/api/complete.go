package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
)

// maxCompletions is how many completions a list shows.
const maxCompletions = 12

// complete tells how the end of a query may go on: names of fields, or values
// that are stored.
func (a *api) complete(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	text := p.text("q")
	if err := p.done(); err != nil {
		return err
	}
	c := query.Complete(text)
	out := client.Completions{Replace: c.Replace, Items: []client.Completion{}}
	for _, f := range c.Fields {
		out.Items = append(out.Items, client.Completion{Text: f.Insert(), Help: f.Help})
	}
	values := query.FieldValues(c.Field)
	if field := store.Field(c.Field); slices.Contains(store.Fields, field) {
		var err error
		if values, err = a.Store.Values(r.Context(), field, c.Prefix, maxCompletions); err != nil {
			return err
		}
	}
	for _, v := range values {
		if strings.HasPrefix(v, c.Prefix) {
			out.Items = append(out.Items, client.Completion{Text: query.Quote(v) + " "})
		}
	}
	out.Items = out.Items[:min(len(out.Items), maxCompletions)]
	return writeJSON(w, out)
}
