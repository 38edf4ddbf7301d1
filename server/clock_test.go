package server

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/ingest"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/retention"
	"github.com/clewhq/clew/server/internal/store/sqlite"
	"github.com/clewhq/clew/server/internal/trace"
)

// clocked is a server's inner parts under a clock that can be set.
type clocked struct {
	t   *testing.T
	now time.Time
	s   *sqlite.Store
	in  *ingest.Ingest
	mux *http.ServeMux
}

func (c *clocked) start(dir string) {
	c.t.Helper()
	var err error
	if c.s, err = sqlite.Open(dir, nil); err != nil {
		c.t.Fatal(err)
	}
	c.in = ingest.New(ingest.Config{Store: c.s, Now: func() time.Time { return c.now }, Logger: slog.New(slog.DiscardHandler)})
	c.mux = http.NewServeMux()
	c.in.Register(c.mux)
}

func (c *clocked) stop() {
	c.t.Helper()
	if err := joinErr(c.in.Close(c.t.Context()), c.s.Close()); err != nil {
		c.t.Fatal(err)
	}
}

// send sends a span of trace no that begins and ends now.
func (c *clocked) send(no uint64, span int) {
	c.t.Helper()
	type m = map[string]any
	body, err := json.Marshal(m{"resourceSpans": []m{{"scopeSpans": []m{{"spans": []m{{
		"traceId": fmt.Sprintf("%032x", no), "spanId": fmt.Sprintf("%016x", span), "name": "work", "kind": 1,
		"startTimeUnixNano": fmt.Sprint(c.now.UnixNano()), "endTimeUnixNano": fmt.Sprint(c.now.Add(time.Millisecond).UnixNano()),
		"attributes": []m{{"key": "gen_ai.request.model", "value": m{"stringValue": "m"}}},
	}}}}}}})
	if err != nil {
		c.t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/v1/traces", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		c.t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// list returns the numbers of all traces as they are listed, one a page.
func (c *clocked) list() (nos []uint64) {
	c.t.Helper()
	for p := (query.Page{Limit: 1}); ; {
		items, next, err := c.s.Traces(c.t.Context(), query.Filter{}, p)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, item := range items {
			nos = append(nos, binary.BigEndian.Uint64(item.TraceID[8:]))
		}
		if p.Cursor = next; next == "" {
			return nos
		}
	}
}

func TestAClockThatIsSetBackHarmsNothing(t *testing.T) {
	dir := t.TempDir()
	c := &clocked{t: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	c.start(dir)
	keeper := func() *retention.Keeper {
		return &retention.Keeper{Store: c.s, Policy: retention.Policy{Age: 48 * time.Hour}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return c.now }}
	}
	want := func(what string, nos ...uint64) {
		t.Helper()
		if got := c.list(); fmt.Sprint(got) != fmt.Sprint(nos) {
			t.Errorf("%s: %v are listed, want %v", what, got, nos)
		}
	}
	c.send(1, 1)
	c.now = c.now.Add(time.Hour)
	c.send(2, 1)
	page, cursor, err := c.s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 1})
	if err != nil || len(page) != 1 || cursor == "" {
		t.Fatal(page, cursor, err)
	}

	c.now = c.now.Add(-26 * time.Hour) // set back by more than a day
	c.send(3, 1)
	c.send(1, 2) // a trace goes on, before its beginning
	c.send(2, 1) // the id comes again with another start: a second span
	if _, err := keeper().Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("after the clock was set back", 3, 2, 1)
	rest, _, err := c.s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 10, Cursor: cursor})
	if err != nil || len(rest) == 0 {
		t.Errorf("the cursor from before leads to %d traces, %v", len(rest), err)
	}
	sums, err := c.s.Summaries(t.Context(), trace.TraceID{15: 1})
	if err != nil || len(sums) != 1 || sums[0].SpanCount != 2 || trace.Time(c.now.UnixNano()) != sums[0].Start {
		t.Errorf("the trace that went on: %+v, %v", sums, err)
	}

	c.stop()
	c.start(dir) // numbers go on where they were
	c.send(4, 1)
	c.now = c.now.Add(49 * time.Hour)
	if receipt, err := keeper().Sweep(t.Context()); err != nil || receipt.Traces != 2 {
		t.Errorf("retention: %+v, %v; want those that ended by the early clock, 3 and 4", receipt, err)
	}
	n, err := c.s.Check(t.Context(), func(problem string) { t.Error(problem) })
	if err != nil || n.Traces != 2 {
		t.Errorf("%+v, %v", n, err)
	}
	c.stop()
}
