// Package api serves the HTTP API under /api/v1/: traces, sessions, the values
// to filter by, and a stream of what changes. But for forget.go it only reads.
//
// To find an endpoint, look in routes.go: one row each, with the handler's name.
// A handler reads its parameters (params.go), asks the store, and converts the
// answer to the wire types of package client (convert.go). What it returns as
// an error becomes an answer in errors.go. openapi.yaml describes all of it, and
// a test holds it against the handlers.
package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"github.com/clewhq/clew/server/internal/backup"
	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/sqlview"
	"github.com/clewhq/clew/server/internal/store"
)

// base is the path that all patterns of the route table are below.
const base = "/api/v1"

// answerTimeout bounds how long a client may take to read one answer, so that a
// stalled one doesn't keep a whole trace in memory.
const answerTimeout = 2 * time.Minute

// queryTimeout bounds how long the store may look for an answer. It is shorter
// than answerTimeout, so that a client is told.
const queryTimeout = time.Minute

// maxLarge is how many traces of more than maxWhole spans are in memory at once,
// from when they are read until their clients have them; more wait.
const maxLarge = 4

// minCompressed is the size in bytes from which an answer is compressed.
const minCompressed = 2 << 10

// Config is what the API needs. All fields but Backup, Deriver and Version are
// required.
type Config struct {
	Store       store.Store
	Deriver     derive.Deriver
	Live        *live.Hub
	Version     string
	KeyRequired bool                                      // told to clients; package auth enforces it
	Login       http.Handler                              // of POST /api/v1/login
	Backup      func(context.Context, backup.Begin) error // nil when the store can't be backed up
	Logger      *slog.Logger
}

type api struct {
	Config
	streams chan struct{} // one element for each open live stream
	large   chan struct{} // one element for each large trace in memory
	backups chan struct{} // one element for each backup that is sent
	sql     *sqlview.Engine
}

// handler answers r, or returns an error before it has written anything.
type handler func(a *api, w http.ResponseWriter, r *http.Request) error

// New returns the handler of /api/v1/ and all below it. It checks no keys.
func New(cfg Config) http.Handler {
	a := &api{Config: cfg, streams: make(chan struct{}, maxStreams), large: make(chan struct{}, maxLarge), backups: make(chan struct{}, maxBackups), sql: sqlview.New(cfg.Store, cfg.Deriver)}
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false))
	if err != nil {
		panic(err) // the options are constants: it fails always or never
	}

	mux := http.NewServeMux()
	allowed := map[string][]string{}
	for _, rt := range routes {
		h := http.Handler(a.serve(rt.handle))
		if !rt.stream {
			h = withDeadline(forFar(compress(h), h))
		}
		mux.Handle(rt.method+" "+base+rt.pattern, h)
		allowed[rt.pattern] = append(allowed[rt.pattern], rt.method)
	}
	for pattern, methods := range allowed {
		mux.Handle(base+pattern, a.serve(methodNotAllowed(methods)))
	}
	mux.Handle("/", a.serve(noSuchPath))
	return mux
}

// serve turns h into an http.Handler.
func (a *api) serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := h(a, w, r); err != nil {
			a.fail(w, r, err)
		}
	}
}

// forFar serves with far, which compresses, unless the client is on this
// machine: then compressing costs more time than it saves. A client behind a
// proxy on this machine is far.
func forFar(far, near http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr, err := netip.ParseAddrPort(r.RemoteAddr)
		relayed := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("Via") != ""
		if err == nil && addr.Addr().Unmap().IsLoopback() && !relayed {
			near.ServeHTTP(w, r)
			return
		}
		far.ServeHTTP(w, r)
	})
}

func withDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A ResponseWriter without deadlines (in tests) is as good without one.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
		ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func methodNotAllowed(methods []string) handler {
	allow := strings.Join(methods, ", ")
	return func(_ *api, w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Allow", allow)
		return &failure{http.StatusMethodNotAllowed, "method_not_allowed", r.Method + " is not offered here; send " + allow, ""}
	}
}

func noSuchPath(_ *api, _ http.ResponseWriter, r *http.Request) error {
	return failf(http.StatusNotFound, "not_found", "", "no endpoint at %.200q; %s/openapi.yaml lists them", r.URL.Path, base)
}

// maxKept is how large a buffer may be that is kept for the next answer.
const maxKept = 256 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, v any) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	if err := json.NewEncoder(b).Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write(b.Bytes())
	if err == nil && b.Cap() <= maxKept { // else the client is gone: nobody to tell, and HTTP/2 may be writing yet
		buffers.Put(b)
	}
	return nil
}
