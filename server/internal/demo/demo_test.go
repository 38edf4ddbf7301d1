package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
)

func TestFaultsSayInWhatWayATraceIsNotWhole(t *testing.T) {
	whole := func(change func(*client.Outline)) client.Outline {
		o := client.Outline{
			Trace: client.TraceSummary{RootCount: 1, Services: []string{"gateway", "planner", "resumer", "tools", "worker"}},
			Spans: []client.SpanOutline{{SessionID: "s", UserID: "u"}},
		}
		change(&o)
		return o
	}
	for name, tc := range map[string]struct {
		change func(*client.Outline)
		want   []string
	}{
		"nothing is wrong":     {func(*client.Outline) {}, nil},
		"two roots":            {func(o *client.Outline) { o.Trace.RootCount = 2 }, []string{"2 roots instead of one"}},
		"no root":              {func(o *client.Outline) { o.Trace.RootCount = 0 }, []string{"0 roots instead of one"}},
		"orphans":              {func(o *client.Outline) { o.Trace.OrphanCount = 3 }, []string{"3 spans whose parent is missing"}},
		"a service is missing": {func(o *client.Outline) { o.Trace.Services = o.Trace.Services[:4] }, []string{"no span of worker"}},
		"a span of nobody":     {func(o *client.Outline) { o.Spans[0].UserID = "" }, []string{"1 spans without session or user"}},
		"a break":              {func(o *client.Outline) { o.Breaks = []client.Break{{Kind: "cycle", Place: "a → b"}} }, []string{"broken at a → b (cycle)"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, faults(whole(tc.change))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// startRole runs a role in this process and returns its address.
func startRole(t *testing.T, name string, run func(context.Context, *role) error) (address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan string, 1)
	r := &role{name: name, database: filepath.Join(t.TempDir(), "db"), stdout: readyWriter(ready)}
	done := make(chan error, 1)
	go func() { done <- run(ctx, r) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case address := <-ready:
		return address
	case err := <-done:
		done <- nil
		t.Fatalf("%s ended: %v", name, err)
		return ""
	}
}

type readyWriter chan string

func (w readyWriter) Write(p []byte) (int, error) {
	if address, ok := strings.CutPrefix(strings.TrimSpace(string(p)), sayReady+" "); ok {
		w <- address
	}
	return len(p), nil
}

func TestTheQueueHandsOutEachMessageOnceAndInOrder(t *testing.T) {
	broker := startRole(t, "queue", runQueue)
	first := make(chan message, 1)
	go func() { // waits before there is anything
		m, err := receive(t.Context(), broker)
		if err != nil {
			t.Error(err)
		}
		first <- m
	}()
	sent := []message{
		{ID: "m-1", Context: map[string]string{"traceparent": "00-…"}, Refund: refund{Order: "A-1", Amount: 1.5}}, {ID: "m-2"}, {ID: "m-3"},
	}
	for _, m := range sent {
		if err := publish(t.Context(), broker, m); err != nil {
			t.Fatal(err)
		}
	}
	got := []message{<-first}
	for range sent[1:] {
		m, err := receive(t.Context(), broker)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("(-sent +received):\n%s", diff)
	}
	if err := publish(t.Context(), broker, sent[0]); err == nil {
		t.Error("an id that is still there was accepted again")
	}
	if err := acknowledge(t.Context(), broker, "m-1"); err != nil {
		t.Error(err)
	}
	if err := publish(t.Context(), broker, sent[0]); err != nil {
		t.Errorf("an id that was acknowledged: %v", err)
	}
}

func TestAWorkflowSurvivesTheConnectionThatSavedIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "db")
	want := workflow{ID: "wf-1", State: "suspended", Context: `{"traceId":"…"}`, Refund: refund{"A-1", 129.9, "lost"}}
	db, err := openDatabase(t.Context(), file, workflowSchema)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.suspend(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = openDatabase(t.Context(), file, workflowSchema); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	got, err := db.suspended(t.Context())
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := db.finish(t.Context(), "wf-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.suspended(t.Context()); err == nil {
		t.Error("a finished workflow is suspended still")
	}
}

func TestTheModelStreamsWhatItDecides(t *testing.T) {
	address := startRole(t, "model", runModel)
	ask := []chatMessage{{Role: "user", Content: "Where is A-1042?"}}
	first, err := chat(t.Context(), http.DefaultClient, address, ask, supportTools)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.ToolCalls) != 1 || first.ToolCalls[0].Function.Name != "track_order" || !json.Valid([]byte(first.ToolCalls[0].Function.Arguments)) {
		t.Fatalf("said %+v", first)
	}
	found := chatMessage{Role: "tool", ToolCallID: first.ToolCalls[0].ID, Content: `{"order":"A-1042","status":"in transit"}`}
	second, err := chat(t.Context(), http.DefaultClient, address, append(ask, first, found), supportTools)
	if err != nil || !strings.Contains(second.Content, "in transit") {
		t.Errorf("said %+v, %v", second, err)
	}
	resp, err := post(t.Context(), http.DefaultClient, "http://"+address+"/v1/chat/completions", map[string]any{"stream": false})
	if err == nil {
		_ = resp.Body.Close()
		t.Error("a request that it can't answer got an answer")
	}
}

func TestTheTailKeepsTheEnd(t *testing.T) {
	var tl tail
	for range 3 {
		if _, err := tl.Write(bytes.Repeat([]byte("x"), tailBytes)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tl.Write([]byte("end")); err != nil {
		t.Fatal(err)
	}
	if got := tl.String(); len(got) != tailBytes || !strings.HasSuffix(got, "xend") {
		t.Errorf("kept %d bytes, the end of which is %q", len(got), got[len(got)-4:])
	}
}
