package clew_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clewhq/clew"
)

const annotated = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

func TestAnAnnotationThatCannotBeMadeSaysWhy(t *testing.T) {
	answer := func(status int, body string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s
	}
	good := clew.Annotation{Tags: []string{"x"}}
	if err := clew.Annotate(t.Context(), annotated, good); err == nil || !strings.Contains(err.Error(), "call Setup") {
		t.Errorf("before Setup: %v", err)
	}
	for name, tc := range map[string]struct {
		server     *httptest.Server
		path       string
		serialized string
		a          clew.Annotation
		want       string
	}{
		"no context":        {answer(200, ""), "", "", good, "Annotate: "},
		"a broken context":  {answer(200, ""), "", "nonsense", good, "Annotate: "},
		"nothing to say":    {answer(200, ""), "", annotated, clew.Annotation{Tags: []string{""}}, "says nothing"},
		"a nameless score":  {answer(200, ""), "", annotated, clew.Annotation{Scores: []clew.Score{{Value: 1}}}, "a score has no name"},
		"a refusal":         {answer(401, "no"), "", annotated, good, "401"},
		"a partial success": {answer(200, `{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}`), "", annotated, good, "too old"},
		"a path of its own": {answer(200, ""), "/mine", annotated, good, "no endpoint is known"},
	} {
		t.Run(name, func(t *testing.T) {
			shutdown, err := clew.Setup(t.Context(), clew.Endpoint(tc.server.URL+tc.path))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = shutdown(context.Background()) }()
			if err := clew.Annotate(t.Context(), tc.serialized, tc.a); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	var none *clew.Span
	if err := none.Annotate(t.Context(), good); err == nil {
		t.Error("no span was annotated")
	}
}
