package api

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
)

func TestASelectIsAnswered(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	got, err := srv.SQL(t.Context(), "SELECT name, input_tokens, cost, start_ns, NULL, x'00ff', 1e999 FROM spans WHERE type = 'LLM'", 0)
	if err != nil {
		t.Fatal(err)
	}
	want := client.SQLResult{
		Columns: []string{"name", "input_tokens", "cost", "start_ns", "NULL", "x'00ff'", "1e999"},
		Rows:    [][]any{{"openai.chat", json.Number("1200"), json.Number("0.00334"), "1795233000133456789", nil, "AP8=", "+Inf"}},
	}
	got.ElapsedNS = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := srv.SQL(t.Context(), "SELECT name FROM spans", 2); err != nil || len(got.Rows) != 2 || got.Truncated != "rows" {
		t.Errorf("two rows of many: %+v, %v", got, err)
	}
	views, err := srv.SQLViews(t.Context())
	if err != nil || len(views) != 4 || views[0].Name != "spans" || len(views[0].Columns) < 20 {
		t.Errorf("views: %+v, %v", views, err)
	}
}

func TestTheAnswerToASelectIsAsDescribed(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	responses := loadDescription(t).Paths.Find("/sql").Post.Responses
	for query, status := range map[string]int{"SELECT * FROM spans": 200, "SELECT 1 WHERE 0": 200, "DELETE FROM spans": 400, "SELECT x": 400, "": 400, strings.Repeat(" ", 1<<17): 413} {
		resp, err := http.Post(srv.URL+"/api/v1/sql", "text/plain", strings.NewReader(query))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%.40s: status %d, want %d: %s", query, resp.StatusCode, status, body)
			continue
		}
		described := responses.Status(status)
		if described == nil {
			described = responses.Default()
		}
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		if err := described.Value.Content["application/json"].Schema.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
			t.Errorf("%s\nis not as described: %v", body, err)
		}
	}
}
