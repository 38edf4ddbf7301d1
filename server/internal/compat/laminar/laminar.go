package laminar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// maxBody bounds a request's body in bytes. Laminar's server takes 5 MiB.
const maxBody = 16 << 20

// maxSought is how many traces, the latest first, are looked through for a span
// that is named without its trace. The SDKs speak of spans that were just sent.
const maxSought = 200

// Receiver takes OTLP/JSON and returns when its content is durable. signal is
// "traces" or "logs"; reason tells why some of it was refused.
type Receiver func(ctx context.Context, signal string, body []byte) (refused int, reason string, err error)

// Config is what a Handler needs.
type Config struct {
	Store    store.Store
	Receive  Receiver
	CanRetry func(error) bool // whether what Receive refused may be sent again
	Logger   *slog.Logger
}

// Handler answers the calls. Make one with New.
type Handler struct {
	Config
	now func() time.Time
}

// New returns a Handler.
func New(c Config) *Handler {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{Config: c, now: time.Now}
}

// Register mounts every route of the table.
func (h *Handler) Register(mux *http.ServeMux) {
	for _, rt := range routes {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			if rt.instead != "" {
				h.fail(w, r, failf(http.StatusNotImplemented, "not_implemented", "", "this server, which is not Laminar's, has no %s: %s", rt.what, rt.instead))
				return
			}
			answer, err := rt.answer(h, w, r)
			if err != nil {
				h.fail(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer) // the caller is gone: nobody is left to tell
		})
	}
}

// failure is an error that is an answer.
type failure struct {
	status               int
	code, message, field string
}

func (f *failure) Error() string { return f.message }

func failf(status int, code, field, format string, args ...any) error {
	return &failure{status, code, fmt.Sprintf(format, args...), field}
}

func invalid(field, format string, args ...any) error {
	return failf(http.StatusBadRequest, "invalid_argument", field, format, args...)
}

// fail answers with err, in the form of the server's own API: the SDKs show the
// body as it is.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	var f *failure
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &f):
	case errors.As(err, &tooLong):
		f = &failure{http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body is larger than %d bytes", tooLong.Limit), ""}
	case h.CanRetry(err):
		f = &failure{http.StatusServiceUnavailable, "unavailable", err.Error(), ""}
		w.Header().Set("Retry-After", "1")
	default:
		f = &failure{http.StatusInternalServerError, "internal", "something went wrong in the server; its log has the reason", ""}
		if r.Context().Err() == nil {
			h.Logger.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("path", r.URL.Path), slog.Any("error", err))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": f.code, "message": f.message, "field": f.field}})
}

// read decodes the body. Unknown members are ignored, as newer SDKs may send more.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	var tooLong *http.MaxBytesError
	if err == nil || errors.As(err, &tooLong) {
		return err
	}
	return invalid("", "the body is not the JSON that is wanted here: %v", err)
}

// target is what a call is about: a span, or a trace and with it the span at its
// top.
type target struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
}

// find returns the span that t names. A trace of which nothing has arrived is
// not found, which the SDKs report as a warning: they may have asked too early.
func (h *Handler) find(ctx context.Context, t target) (trace.TraceID, trace.SpanID, error) {
	var id trace.TraceID
	var span trace.SpanID
	var err error
	if t.TraceID == "" && t.SpanID == "" {
		return id, span, invalid("traceId", "traceId or spanId is missing")
	}
	if t.TraceID != "" {
		if id, err = trace.ParseTraceID(t.TraceID); err != nil {
			return id, span, invalid("traceId", "%v", err)
		}
	}
	if t.SpanID != "" {
		if span, err = trace.ParseSpanID(t.SpanID); err != nil {
			return id, span, invalid("spanId", "%v", err)
		}
		if id.IsZero() {
			id, err = h.traceOf(ctx, span)
		}
		return id, span, err
	}
	spans, err := h.Store.Outline(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return id, span, failf(http.StatusNotFound, "not_found", "traceId", "trace %s: nothing of it has arrived; flush before asking", id)
	}
	if err != nil {
		return id, span, err
	}
	for _, s := range spans {
		if s.ParentID.IsZero() {
			return id, s.ID, nil
		}
	}
	return id, spans[0].ID, nil
}

// traceOf finds the trace of a span among the latest ones.
func (h *Handler) traceOf(ctx context.Context, span trace.SpanID) (trace.TraceID, error) {
	page := query.Page{Limit: 50}
	for sought := 0; sought < maxSought; sought += page.Limit {
		sums, next, err := h.Store.Traces(ctx, query.Filter{}, page)
		if err != nil {
			return trace.TraceID{}, err
		}
		for _, sum := range sums {
			switch _, err := h.Store.Spans(ctx, sum.TraceID, span); {
			case err == nil:
				return sum.TraceID, nil
			case !errors.Is(err, store.ErrNotFound):
				return trace.TraceID{}, err
			}
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	return trace.TraceID{}, failf(http.StatusNotFound, "not_found", "spanId",
		"span %s: not found in the latest %d traces; send its traceId as well", span, maxSought)
}
