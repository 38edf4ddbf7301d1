package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/trace"
)

func unmarshal[T any](t *testing.T, body []byte) (out T) {
	t.Helper()
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return out
}

// sessionSpans has, for each session, two traces; "late" was active last.
func sessionSpans() []*trace.Span {
	var out []*trace.Span
	for i, id := range []string{"early", "late", "..", "a/../b?c#d%"} {
		for j := range 2 {
			s := newSpan(trace.TraceID{0: byte(i + 1), 15: byte(j + 1)}, 1, 0, "a", "turn", 10*j, 20+10*j)
			s.Session, s.User = id, "user of "+id
			if id == "late" {
				s.End = at(1000 + j)
			}
			out = append(out, s)
		}
	}
	return out
}

func TestListingSessions(t *testing.T) {
	srv := newServer(t, sessionSpans()...)
	tests := []struct {
		name  string
		query client.Query
		want  []string
	}{
		{"newest activity first, then by id", client.Query{}, []string{"late", "..", "a/../b?c#d%", "early"}},
		{"of a user", client.Query{User: "user of early"}, []string{"early"}},
		{"with a text", client.Query{Text: "TURN", Limit: 1}, []string{"late"}},
		{"from a time", client.Query{From: at(500).Std()}, []string{"late"}},
		{"until a time", client.Query{To: at(-1).Std()}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page, err := srv.Sessions(t.Context(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			got := wireList(page.Items, func(s client.SessionSummary) string { return s.SessionID })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASessionHasItsTracesInPages(t *testing.T) {
	srv := newServer(t, sessionSpans()...)
	for _, id := range []string{"early", "..", "a/../b?c#d%"} {
		t.Run(id, func(t *testing.T) {
			first, err := srv.Session(t.Context(), id, client.Query{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if s := first.Session; s.SessionID != id || s.UserID != "user of "+id || s.TraceCount != 2 || s.SpanCount != 2 || s.InputTokens != nil {
				t.Errorf("session %+v", s)
			}
			second, err := srv.Session(t.Context(), id, client.Query{Limit: 1, Cursor: first.NextCursor})
			if err != nil {
				t.Fatal(err)
			}
			if len(first.Traces) != 1 || len(second.Traces) != 1 || second.NextCursor != "" || !first.Traces[0].StartTime.After(second.Traces[0].StartTime.Time) {
				t.Errorf("pages %+v and %+v, next %q", first.Traces, second.Traces, second.NextCursor)
			}
		})
	}
}

func TestListingValues(t *testing.T) {
	srv := newServer(t, append(fixtureSpans(), sessionSpans()...)...)
	tests := []struct {
		name, field, prefix string
		limit               int
		want                []string
	}{
		{"services in order", "service", "", 0, []string{"a", "b", "gateway", "old", "planner", "tools", "unknown_service", "worker"}},
		{"by prefix", "service", "to", 0, []string{"tools"}},
		{"as many as wanted", "service", "", 2, []string{"a", "b"}},
		{"none", "user", "z", 0, []string{}},
		{"types", "type", "", 0, []string{"DEFAULT", "LLM", "TOOL"}},
		{"sessions", "session", "chat/", 0, []string{"chat/7 ä"}},
		{"names", "name", "ch", 0, []string{"chicken"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := srv.Values(t.Context(), tt.field, tt.prefix, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	got, err := newServer(t, fixtureSpans()...).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := (client.Status{Version: "1.2.3", KeyRequired: true, Spans: 12, Traces: 4}); got != want {
		t.Errorf("status %+v, want %+v", got, want)
	}
}

func TestLoginIsHandedOn(t *testing.T) {
	if resp, body := newServer(t).get(t, http.MethodPost, "/login"); resp.StatusCode != http.StatusNoContent {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
}
