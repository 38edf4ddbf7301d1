package api

import (
	"net/http"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/query"
)

func (a *api) listSessions(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	where, sort := p.where(query.ListOfSessions)
	filter := query.Filter{User: p.text("user"), Where: where}
	filter.From, filter.To = p.span()
	page := p.page(sort)
	if err := p.done(); err != nil {
		return err
	}
	items, next, err := a.Store.Sessions(r.Context(), filter, page)
	if err != nil {
		return err
	}
	return writeJSON(w, client.List[client.SessionSummary]{Items: wireList(items, wireSession), NextCursor: next})
}

func (a *api) getSession(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	id, page := p.sessionID(), p.page(query.Sort{})
	if err := p.done(); err != nil {
		return err
	}
	session, err := a.Store.Session(r.Context(), id)
	if err != nil {
		return about(err, "session %.200q", id)
	}
	traces, next, err := a.Store.Traces(r.Context(), query.Filter{Session: id}, page)
	if err != nil {
		return err
	}
	return writeJSON(w, client.Session{Session: wireSession(session), Traces: wireList(traces, wireSummary), NextCursor: next})
}
