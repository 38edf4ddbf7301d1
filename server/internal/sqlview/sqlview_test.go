package sqlview

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/store/sqlite"
	"github.com/clewhq/clew/server/internal/trace"
)

const epoch trace.Time = 1_795_255_200 * 1e9 // 2026-11-21 10:00:00

func traceID(n byte) trace.TraceID { return trace.TraceID{0xa, 15: n} }
func spanID(n byte) trace.SpanID   { return trace.SpanID{7: n} }
func ptr[T any](v T) *T            { return &v }

// conversation is two model calls, of which the second repeats the first, in
// one trace; and another trace with a tool that fails and a span that is open.
func conversation() []trace.Fact {
	make := func(id, span, parent byte, service, name string, from, ms int) *trace.Span {
		s := &trace.Span{
			TraceID: traceID(id), ID: spanID(span), Name: name, Kind: trace.KindInternal, Start: epoch + trace.Time(from)*1e6, End: epoch + trace.Time(from+ms)*1e6,
			Resource: &trace.Resource{Attributes: trace.Attributes{{Key: "host.name", Value: trace.StringValue("box7")}}}, Scope: &trace.Scope{Name: "test"},
			Derived: trace.Derived{Service: service, Type: "DEFAULT"},
		}
		if parent != 0 {
			s.ParentID = spanID(parent)
		}
		return s
	}
	root := make(1, 1, 0, "gateway", "POST /ask", 0, 900)
	root.Attributes = trace.Attributes{{Key: "http.route", Value: trace.StringValue("/ask")}, {Key: "http.response.status_code", Value: trace.IntValue(200)}, {Key: "big", Value: trace.IntValue(1 << 60)}}
	llm := func(span byte, from int, input, output string) *trace.Span {
		s := make(1, span, 1, "planner", "chat", from, 200)
		s.Derived = trace.Derived{Service: "planner", Type: "LLM", Session: "s1", User: "ann", Provider: "openai", Model: "gpt-4o", InputTokens: ptr(int64(100 * int(span))),
			OutputTokens: ptr(int64(10)), Cost: ptr(trace.Dollar / 100), Input: input, Output: output, Tags: []string{"beta"}, Metadata: map[string]any{"plan": "gold"}}
		return s
	}
	first := llm(2, 100, `[{"role":"user","content":"Where is the thread?"}]`, `[{"role":"assistant","content":"In the labyrinth."}]`)
	second := llm(3, 400, `[{"role":"user","content":"Where is the thread?"},{"role":"assistant","content":"In the labyrinth."},{"role":"user","content":"Thanks"}]`, `[{"role":"assistant","content":"Bye"}]`)
	tool := make(2, 1, 0, "tools", "search", 5000, 50)
	tool.Type, tool.Status, tool.StatusMessage, tool.IsError, tool.Session = "TOOL", trace.StatusError, "no\x00t found \xff", true, "s2"
	tool.Events = []trace.Event{{Name: "exception", Time: tool.Start, Attributes: trace.Attributes{{Key: "exception.type", Value: trace.StringValue("KeyError")}}}}
	open := make(2, 2, 1, "tools", "wait", 5010, 0)
	open.End = 0
	facts := []trace.Fact{{Kind: trace.Opened, Span: open}}
	for _, s := range []*trace.Span{root, first, second, tool} {
		facts = append(facts, trace.Fact{Kind: trace.Finished, Span: s})
	}
	return facts
}

// engines opens every engine with the conversation in it.
func engines(t testing.TB) map[string]*Engine {
	out := map[string]*Engine{}
	disk, err := sqlite.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, st := range map[string]store.Store{"memory": memory.New(), "sqlite": disk} {
		t.Cleanup(func() { _ = st.Close() })
		if err := st.Append(t.Context(), conversation()); err != nil {
			t.Fatal(err)
		}
		out[name] = New(st, derive.Deriver{})
	}
	return out
}

func show(r Result) string {
	lines := []string{strings.Join(r.Columns, "|")}
	for _, row := range r.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = fmt.Sprint(v)
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	return strings.Join(lines, "\n")
}

func TestQueriesAnswerTheSameOverEveryEngine(t *testing.T) {
	for name, e := range engines(t) {
		for query, want := range map[string]string{
			"SELECT 1 AS one, 'a' b, NULL, 1.5, x'00ff'":                                                                                                   "one|b|NULL|1.5|x'00ff'\n1|a|<nil>|1.5|[0 255]",
			"SELECT name, service, duration_ms, cost FROM spans WHERE type = 'LLM' ORDER BY start_ns":                                                      "name|service|duration_ms|cost\nchat|planner|200|0.01\nchat|planner|200|0.01",
			"select count(*), count(model), sum(input_tokens) from spans":                                                                                  "count(*)|count(model)|sum(input_tokens)\n5|2|500",
			"SELECT span_id FROM spans WHERE trace_id = '0a000000000000000000000000000001' AND parent_span_id IS NULL;":                                    "span_id\n0000000000000001",
			"SELECT count(*) FROM spans WHERE trace_id IN ('0a000000000000000000000000000001', '0a000000000000000000000000000002', 'none')":                "count(*)\n5",
			"SELECT count(*) FROM spans WHERE trace_id = upper('0a000000000000000000000000000001')":                                                        "count(*)\n0",
			"SELECT attributes ->> 'http.route' AS route, json_extract(attributes, '$.big') FROM spans WHERE attributes IS NOT NULL":                       "route|json_extract(attributes, '$.big')\n/ask|1152921504606846976",
			"SELECT a.value FROM spans s, json_each(s.tags) a WHERE s.span_id = '0000000000000002' AND s.trace_id LIKE '%1'":                               "value\nbeta",
			"SELECT start_time, end_time, is_open FROM spans WHERE service = 'tools' ORDER BY 1":                                                           "start_time|end_time|is_open\n2026-11-21 10:00:05.000000000|2026-11-21 10:00:05.050000000|0\n2026-11-21 10:00:05.010000000|<nil>|1",
			"SELECT name FROM spans WHERE start_time >= '2026-11-21 10:00:05' AND start_time < datetime('2026-11-21 10:00:05', '+1 hour') AND is_open = 0": "name\nsearch",
			"SELECT name FROM spans WHERE start_time < '2026-11-21 10:00' OR start_ns = 1795255205000000000":                                               "name\nsearch",
			"SELECT status, status_message, events ->> '$[0].attributes.\"exception.type\"' FROM spans WHERE is_error":                                     "status|status_message|events ->> '$[0].attributes.\"exception.type\"'\nerror|no\ufffdt found \ufffd|KeyError",
			"SELECT metadata ->> 'plan', resource ->> 'host.name', input ->> '$[0].role' FROM spans WHERE model = 'gpt-4o' LIMIT 1":                        "metadata ->> 'plan'|resource ->> 'host.name'|input ->> '$[0].role'\ngold|box7|user",
			"SELECT name, span_count, error_count, session_id, cost, services FROM traces ORDER BY start_ns":                                               "name|span_count|error_count|session_id|cost|services\nPOST /ask|3|0|s1|0.02|[\"gateway\",\"planner\"]\nsearch|2|1|s2|<nil>|[\"tools\"]",
			"SELECT t.name, count(*) FROM traces t JOIN spans s ON s.trace_id = t.trace_id GROUP BY 1 ORDER BY 2":                                          "name|count(*)\nsearch|2\nPOST /ask|3",
			"SELECT session_id, user_id, trace_count, span_count FROM sessions ORDER BY 1":                                                                 "session_id|user_id|trace_count|span_count\ns1|ann|1|2\ns2|<nil>|1|1",
			"SELECT span_count FROM sessions WHERE session_id = 's1' UNION ALL SELECT 9 FROM sessions WHERE session_id = 'none'":                           "span_count\n2",
			"SELECT substr(span_id, -1), direction, position, role, text FROM messages WHERE is_new ORDER BY start_ns, direction, position":                "substr(span_id, -1)|direction|position|role|text\n2|input|0|user|Where is the thread?\n2|output|0|assistant|In the labyrinth.\n3|input|2|user|Thanks\n3|output|0|assistant|Bye",
			"SELECT count(*), sum(is_new) FROM messages WHERE service = 'planner' AND start_ns > 1795255200300000000":                                      "count(*)|sum(is_new)\n4|2",
			"WITH m AS (SELECT model, sum(cost) c FROM spans GROUP BY model) SELECT * FROM m WHERE c > 0":                                                  "model|c\ngpt-4o|0.02",
			"SELECT count(*) FROM spans WHERE session_id = NULL OR service = 5":                                                                            "count(*)\n0",
			"SELECT count(*) FROM spans a JOIN spans b ON a.trace_id = b.trace_id":                                                                         "count(*)\n13",
			"/* a; */ SELECT ';' AS \"a;\" /* ; */ ;; -- done":                                                                                             "a;\n;",
			"WITH n AS (SELECT 1) SELECT count(*) FROM n":                                                                                                  "count(*)\n1",
			"VALUES (1), (2)": "column1\n1\n2",
			"WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x+1 FROM n WHERE x < 3) SELECT x FROM n -- that's all": "x\n1\n2\n3",
		} {
			got, err := e.Query(t.Context(), query, 100)
			if err != nil {
				t.Errorf("%s: %s: %v", name, query, err)
				continue
			}
			if diff := cmp.Diff(want, show(got)); diff != "" || got.Truncated != "" {
				t.Errorf("%s: %s: truncated %q (-want +got):\n%s", name, query, got.Truncated, diff)
			}
		}
	}
}

func TestOnlyTheViewsCanBeReached(t *testing.T) {
	for name, e := range engines(t) {
		for query, want := range map[string]string{
			"SELECT * FROM sqlite_master":              "no table sqlite_master",
			"SELECT * FROM sqlite_schema":              "no table sqlite_master",
			"SELECT * FROM sqlite_temp_master":         "no table",
			"SELECT * FROM pragma_database_list":       "no table pragma_database_list",
			"SELECT * FROM pragma_table_info('spans')": "no table pragma_table_info",
			"SELECT * FROM clew_result":                "no such table: clew_result",
			"SELECT * FROM dbstat":                     "no table",
			"SELECT * FROM sqlite_dbpage":              "sqlite_dbpage",
			"PRAGMA query_only = 0":                    "only SELECT",
			"ATTACH 'other.db' AS o":                   "only SELECT",
			"DETACH main":                              "only SELECT",
			"DELETE FROM spans":                        "only SELECT",
			"INSERT INTO traces(name) VALUES ('x')":    "only SELECT",
			"UPDATE spans SET name = 'x'":              "only SELECT",
			"DROP TABLE spans":                         "only SELECT",
			"CREATE TABLE t(x)":                        "only SELECT",
			"CREATE TEMP VIEW v AS SELECT 1":           "only SELECT",
			"CREATE VIRTUAL TABLE f USING fts5(x)":     "only SELECT",
			"VACUUM INTO 'copy.db'":                    "",
			"BEGIN":                                    "only SELECT",
			"SAVEPOINT a":                              "only SELECT",
			"REINDEX":                                  "",
			"ANALYZE":                                  "",
			"SELECT load_extension('x')":               "load_extension",
			"SELECT 1; SELECT 2":                       "one query",
			"SELECT 1; DELETE FROM spans":              "one query",
			"SELECT 1;;/**/ATTACH 'x' AS y":            "one query",
			"EXPLAIN SELECT 1":                         "EXPLAIN",
			"SELECT ?":                                 "",
			"SELECT":                                   "incomplete input",
			"SELECT nosuch FROM spans":                 "no such column: nosuch",
			"SELECT \"nosuch\" FROM spans":             "no such column",
			"SELECT * FROM span":                       "no such table: span",
			"SELECT name FROM spans WHERE start_time > '2026-11-21T00:00Z'": "without T or Z",
			"":                          "there is no query",
			" ; ":                       "there is no query",
			"-- nothing\n/* at all; */": "there is no query",
			"SELECT count(*) FROM pragma_database_list":   "no table",
			"SELECT 1 FROM sqlite_master":                 "no table",
			"SELECT 'a\x00'":                              "UTF-8",
			"SELECT '\xff'":                               "UTF-8",
			"SELECT " + strings.Repeat("NOT ", 500) + "1": "depth",
			"SELECT " + strings.Repeat("1,", 200) + "1":   "too many columns",
			"SELECT zeroblob(100000000)":                  "too big",
			"SELECT json_extract('{', '$')":               "malformed JSON",
			strings.Repeat("x", MaxText+1):                "longer than",
		} {
			got, err := e.Query(t.Context(), query, 10)
			var told *Error
			if !errors.As(err, &told) || !strings.Contains(told.Message, want) {
				t.Errorf("%s: %.100s: %v %v; want an *Error with %q", name, query, got, err, want)
			}
		}
		if got, err := e.Query(t.Context(), "SELECT count(*) FROM spans", 1); err != nil || show(got) != "count(*)\n5" {
			t.Errorf("%s: afterwards: %v %v", name, got, err)
		}
	}
}

func TestAMistakeTellsTheViewsAndTheirColumns(t *testing.T) {
	_, err := engines(t)["memory"].Query(t.Context(), "SELECT nme FROM spans", 1)
	if err == nil || !strings.Contains(err.Error(), "no such column: nme") || !strings.Contains(err.Error(), "messages (trace_id, span_id") {
		t.Errorf("%v", err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	e := engines(t)["sqlite"]
	const count = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x+1 FROM n) SELECT "
	for query, want := range map[string]struct {
		truncated string
		rows      int
	}{
		"SELECT name FROM spans":                                        {"", 5},
		count + "x FROM n":                                              {"rows", 7},
		count + "x FROM n LIMIT 7":                                      {"", 7},
		count + "zeroblob(4000000) FROM n":                              {"bytes", 4},
		"SELECT a.name FROM spans a, spans b, spans c, spans d":         {"rows", 7},
		"SELECT printf('%.*c', 8000000, 'x') FROM spans, spans LIMIT 6": {"", 0},
	} {
		got, err := e.Query(t.Context(), query, 7)
		if want.rows == 0 {
			continue
		}
		if err != nil || got.Truncated != want.truncated || len(got.Rows) != want.rows {
			t.Errorf("%s: %d rows, truncated %q, %v; want %+v", query, len(got.Rows), got.Truncated, err, want)
		}
	}
}

func TestAQueryEndsInTime(t *testing.T) {
	for name, e := range engines(t) {
		e.time = 300 * time.Millisecond
		const count = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x+1 FROM n) "
		for _, query := range []string{
			count + "SELECT count(*) FROM n",
			count + "SELECT x FROM n WHERE x = 1 OR x > 1000000000000", // one row at once, and then none
			count + "SELECT x FROM n ORDER BY random()",
			"WITH RECURSIVE n(x) AS (VALUES (1) UNION SELECT x+1 FROM n) SELECT max(x) FROM n",
			"SELECT count(*) FROM " + strings.Repeat("spans, ", 12) + "spans",
			"SELECT sum(length(a.input || b.input)) FROM " + strings.Repeat("messages, ", 8) + "spans a, spans b",
		} {
			begun := time.Now()
			_, err := e.Query(t.Context(), query, 10)
			var told *Error
			if !errors.As(err, &told) || !strings.Contains(told.Message, "ended after") {
				t.Errorf("%s: %s: %v", name, query, err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s: %s took %s", name, query, took)
			}
		}
	}
}

func TestAQueryEndsWithItsContext(t *testing.T) {
	e := engines(t)["sqlite"]
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := e.Query(ctx, "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x+1 FROM n) SELECT count(*) FROM n", 1)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
