package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/store"
)

// failure is an error that is an answer already.
type failure struct {
	status  int
	code    string
	message string
	field   string // the parameter at fault, or ""
}

func (f *failure) Error() string { return f.message }

func failf(status int, code, field, format string, args ...any) *failure {
	return &failure{status, code, fmt.Sprintf(format, args...), field}
}

// invalid is a 400 about one parameter.
func invalid(field, format string, args ...any) *failure {
	return failf(http.StatusBadRequest, "invalid_argument", field, format, args...)
}

// about adds to err what was asked for. When there is no such thing, that is the
// whole message, in the same words whatever the engine.
func about(err error, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if errors.Is(err, store.ErrNotFound) {
		return failf(http.StatusNotFound, "not_found", "", "%s: not found", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// answers says what each error of the parts below becomes. What is not here, and
// is no failure, is a bug or a broken disk.
var answers = []struct {
	err    error
	answer failure // without a message it is the error's own
}{
	{store.ErrNotFound, failure{http.StatusNotFound, "not_found", "", ""}},
	{store.ErrCursor, failure{http.StatusBadRequest, "invalid_argument",
		"the cursor is not of this list: send the next_cursor of its page before, or none to begin", "cursor"}},
	{measure.ErrBuckets, failure{http.StatusBadRequest, "invalid_argument", "", "width"}},
	{measure.ErrValues, failure{http.StatusBadRequest, "invalid_argument", "", "by"}},
	{store.ErrFull, failure{http.StatusServiceUnavailable, "unavailable", store.ErrFull.Error(), ""}},
	{store.ErrUnwritable, failure{http.StatusServiceUnavailable, "unavailable", store.ErrUnwritable.Error(), ""}},
	{store.ErrDamaged, failure{http.StatusInternalServerError, "internal", store.ErrDamaged.Error(), ""}},
	{store.ErrClosed, failure{http.StatusServiceUnavailable, "unavailable", "the server is shutting down", ""}},
	{context.DeadlineExceeded, failure{http.StatusServiceUnavailable, "unavailable", fmt.Sprintf(
		"there was no answer within %s: narrow the question, for example by service, session, from or to", queryTimeout), ""}},
	{context.Canceled, failure{http.StatusServiceUnavailable, "unavailable", "", ""}},
}

func answerOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	for _, a := range answers {
		if errors.Is(err, a.err) {
			f := a.answer
			f.message = cmp.Or(f.message, err.Error())
			return &f
		}
	}
	return &failure{http.StatusInternalServerError, "internal", "something went wrong in the server; its log has the reason", ""}
}

// fail answers with err. Nothing may have been written before.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := answerOf(err)
	if f.status == http.StatusInternalServerError && r.Context().Err() == nil {
		a.Logger.LogAttrs(r.Context(), slog.LevelError, "request failed",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", f.status), slog.Any("error", err))
	}
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	_ = writeJSON(w, client.ErrorBody{Error: client.ErrorDetail{Code: f.code, Message: f.message, Field: f.field}})
}
