package api

import (
	_ "embed"
	"net/http"

	"github.com/clewhq/clew/server/client"
)

//go:embed openapi.yaml
var description []byte

func (a *api) getStatus(w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).done(); err != nil {
		return err
	}
	stats, err := a.Store.Stats(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, client.Status{Version: a.Version, KeyRequired: a.KeyRequired, Spans: stats.Spans, Traces: stats.Traces})
}

func (a *api) login(w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).done(); err != nil {
		return err
	}
	a.Login.ServeHTTP(w, r)
	return nil
}

// getDescription serves openapi.yaml.
func (a *api) getDescription(w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).done(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(description)
	return nil
}
