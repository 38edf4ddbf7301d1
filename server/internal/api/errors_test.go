package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

func TestMistakesAreNamed(t *testing.T) {
	whole := wholeTrace.String()
	tests := []struct {
		name, method, path string
		status             int
		code, field, words string
	}{
		{"an unknown parameter", "GET", "/traces?servce=a", 400, "invalid_argument", "servce", "known here: service, name"},
		{"a parameter where none is known", "GET", "/status?a=1", 400, "invalid_argument", "a", "takes none"},
		{"a parameter given twice", "GET", "/traces?user=a&user=b", 400, "invalid_argument", "user", "2 times"},
		{"a limit of nothing", "GET", "/traces?limit=0", 400, "invalid_argument", "limit", "from 1 to 500"},
		{"a limit too high", "GET", "/sessions?limit=501", 400, "invalid_argument", "limit", "from 1 to 500"},
		{"a limit that is no number", "GET", "/values?field=name&limit=ten", 400, "invalid_argument", "limit", `"ten"`},
		{"an unknown status", "GET", "/traces?status=failed", 400, "invalid_argument", "status", "unset, ok, error"},
		{"a time in another format", "GET", "/traces?from=yesterday", 400, "invalid_argument", "from", "RFC 3339"},
		{"a time without a zone", "GET", "/traces?to=2026-11-21T03:50:00", 400, "invalid_argument", "to", "RFC 3339"},
		{"a time before time began", "GET", "/traces?from=0001-01-01T00:00:00Z", 400, "invalid_argument", "from", "year"},
		{"a time after time ends", "GET", "/traces?to=9999-01-01T00:00:00Z", 400, "invalid_argument", "to", "year"},
		{"an empty window", "GET", "/traces?from=2026-11-21T03:50:00Z&to=2026-11-21T03:50:00Z", 400, "invalid_argument", "to", "not after from"},
		{"a cursor that was never given out", "GET", "/traces?cursor=zzz", 400, "invalid_argument", "cursor", "cursor"},
		{"a malformed query", "GET", "/traces?q=%zz", 400, "invalid_argument", "", "malformed"},
		{"a query with semicolons", "GET", "/traces?q=1;user=2", 400, "invalid_argument", "", "malformed"},
		{"a text that is not UTF-8", "GET", "/traces?q=%ff", 400, "invalid_argument", "q", "UTF-8"},
		{"a query with a mistake", "GET", "/traces?q=a%20servce:x", 400, "invalid_argument", "q", "q, at character 3: no field is called \"servce\""},
		{"a text too long", "GET", "/traces?q=" + strings.Repeat("a", maxText+1), 400, "invalid_argument", "q", "longer"},
		{"a switch that is neither on nor off", "GET", "/traces/" + whole + "?outline=yes", 400, "invalid_argument", "outline", "1, true, 0, false"},
		{"a short trace id", "GET", "/traces/abc", 400, "invalid_argument", "trace_id", "32 hex digits"},
		{"the zero trace id", "GET", "/traces/00000000000000000000000000000000", 400, "invalid_argument", "trace_id", "all zero"},
		{"a trace id with dashes in wrong places", "GET", "/traces/0af7651916-cd43-dd84-48eb-211c80319c1", 400, "invalid_argument", "trace_id", "UUID"},
		{"a span id that is no hex", "GET", "/traces/" + whole + "/spans/xxxxxxxxxxxxxxxx", 400, "invalid_argument", "span_id", "16 hex digits"},
		{"a negative twin", "GET", "/traces/" + whole + "/spans/a000000000000001?twin=-1", 400, "invalid_argument", "twin", "from 0"},
		{"no field", "GET", "/values", 400, "invalid_argument", "field", "missing"},
		{"an unknown field", "GET", "/values?field=color", 400, "invalid_argument", "field", "service, name, type, session, user"},
		{"a session id that is not UTF-8", "GET", "/sessions/%ff", 400, "invalid_argument", "session_id", "UTF-8"},
		{"an unknown trace", "GET", "/traces/ffffffffffffffffffffffffffffffff", 404, "not_found", "", "trace ffffffffffffffffffffffffffffffff: not found"},
		{"an unknown span", "GET", "/traces/" + whole + "/spans/ffffffffffffffff", 404, "not_found", "", "span ffffffffffffffff"},
		{"an unknown twin", "GET", "/traces/" + whole + "/spans/a000000000000001?twin=1", 404, "not_found", "", "the id has 1"},
		{"an unknown session", "GET", "/sessions/none", 404, "not_found", "", `session "none"`},
		{"an unknown path", "GET", "/nothing", 404, "not_found", "", "/api/v1/nothing"},
		{"a method that is not offered", "DELETE", "/sessions", 405, "method_not_allowed", "", "send GET"},
		{"a login by GET", "GET", "/login", 405, "method_not_allowed", "", "send POST"},
	}
	srv := newServer(t, fixtureSpans()...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := srv.get(t, tt.method, tt.path)
			got := decodeError(t, body)
			if resp.StatusCode != tt.status || got.Code != tt.code || got.Field != tt.field || !strings.Contains(got.Message, tt.words) {
				t.Errorf("%d %+v; want %d, code %s, field %q, a message with %q", resp.StatusCode, got, tt.status, tt.code, tt.field, tt.words)
			}
			if (resp.StatusCode == 405) != (resp.Header.Get("Allow") != "") {
				t.Errorf("status %d with Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
			}
		})
	}
}

func TestErrorsOfTheStoreBecomeAnswers(t *testing.T) {
	tests := []struct {
		err    error
		want   failure
		logged bool
	}{
		{fmt.Errorf("trace x: %w", store.ErrNotFound), failure{404, "not_found", "trace x: not found", ""}, false},
		{store.ErrCursor, failure{400, "invalid_argument", "the cursor is not of this list: send the next_cursor of its page before, or none to begin", "cursor"}, false},
		{fmt.Errorf("engine: %w", store.ErrClosed), failure{503, "unavailable", "the server is shutting down", ""}, false},
		{fmt.Errorf("engine: %w", context.DeadlineExceeded), failure{503, "unavailable", "there was no answer within 1m0s: narrow the question, for example by service, session, from or to", ""}, false},
		{&failure{503, "unavailable", "enough streams are open", ""}, failure{503, "unavailable", "enough streams are open", ""}, false},
		{errors.New("disk /secret/path is on fire"), failure{500, "internal", "something went wrong in the server; its log has the reason", ""}, true},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			var log bytes.Buffer
			a := &api{Config: Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
			w := httptest.NewRecorder()
			a.fail(w, httptest.NewRequest(http.MethodGet, "/api/v1/traces", nil), tt.err)
			got := decodeError(t, w.Body.Bytes())
			if diff := cmp.Diff(tt.want, failure{w.Code, got.Code, got.Message, got.Field}, cmp.AllowUnexported(failure{})); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if strings.Contains(log.String(), tt.err.Error()) != tt.logged {
				t.Errorf("log %q", log.String())
			}
		})
	}
}

func TestAClosedStoreIsUnavailable(t *testing.T) {
	st := memory.New()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	h := New(testConfig(st, live.New()))
	for _, path := range []string{"/traces", "/traces/" + wholeTrace.String(), "/sessions", "/sessions/a", "/values?field=name", "/status"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, base+path, nil))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s = %d %s, Retry-After %q; want 503", path, w.Code, w.Body, w.Header().Get("Retry-After"))
		}
	}
}

// endless is a store in which no search comes to an end.
type endless struct{ store.Store }

func (endless) Traces(ctx context.Context, _ query.Filter, _ query.Page) ([]trace.Summary, string, error) {
	<-ctx.Done()
	return nil, "", ctx.Err()
}

func TestASearchWithoutEndIsGivenUpAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := httptest.NewRecorder()
		New(testConfig(endless{memory.New()}, live.New())).ServeHTTP(w, httptest.NewRequest(http.MethodGet, base+"/traces?q=a", nil))
		if got := decodeError(t, w.Body.Bytes()); w.Code != http.StatusServiceUnavailable || !strings.Contains(got.Message, "narrow") {
			t.Errorf("%d %+v", w.Code, got)
		}
	})
}

func TestTheClientReturnsTheServersError(t *testing.T) {
	srv := newServer(t)
	_, err := srv.Traces(t.Context(), client.Query{Limit: 1000})
	var e *client.Error
	if !errors.As(err, &e) || e.Status != 400 || e.Code != "invalid_argument" || e.Field != "limit" {
		t.Errorf("error %#v", err)
	}
	if _, err := srv.Trace(t.Context(), wholeTrace.String()); !client.IsNotFound(err) {
		t.Errorf("an unknown trace: %v", err)
	}
}

func decodeError(t *testing.T, body []byte) client.ErrorDetail {
	t.Helper()
	return unmarshal[client.ErrorBody](t, body).Error
}
