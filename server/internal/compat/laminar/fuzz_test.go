package laminar_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/compat/laminar"
	"github.com/clewhq/clew/server/internal/ingest"
	"github.com/clewhq/clew/server/internal/store/memory"
)

// FuzzCalls sends any body to every call that reads one. Whatever it is, the
// answer is about it: no panic, and nothing is wrong in the server.
func FuzzCalls(f *testing.F) {
	for _, body := range []string{
		twoSpans, `[]`, `{`, `null`, `{"traceId": "` + traceUUID + `", "names": ["a"], "metadata": {"k": [1e308, null, {"a": "\u0000"}]}, "name": "n", "score": 1}`,
		`[{"name": "n", "startTime": "9999-12-31T23:59:59Z", "endTime": "0001-01-02T00:00:00Z", "attributes": {"": 1.5}}]`,
	} {
		f.Add(body)
	}
	st := memory.New()
	in := ingest.New(ingest.Config{Store: st})
	f.Cleanup(func() { _ = in.Close(context.Background()) })
	mux := http.NewServeMux()
	laminar.New(laminar.Config{Store: st, Receive: in.Take, CanRetry: ingest.CanRetry}).Register(mux)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/v1/spans", "/v1/tag", "/v1/traces/metadata", "/v1/evaluators/score"} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body)))
			if w.Code >= 500 {
				t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
			}
		}
	})
}
