package ingest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// gate is a store whose appends wait to be let through and may be made to fail.
type gate struct {
	store.Store
	pass    chan struct{} // closed: everything passes
	entered chan struct{} // if not nil: closed by the first Append
	refuse  func(facts []trace.Fact) error

	mu      sync.Mutex
	appends [][]trace.Fact
}

func newGate() *gate { return &gate{Store: memory.New(), pass: make(chan struct{})} }

func (g *gate) Append(ctx context.Context, facts []trace.Fact) error {
	g.mu.Lock()
	if len(g.appends) == 0 && g.entered != nil {
		close(g.entered)
	}
	g.appends = append(g.appends, facts)
	g.mu.Unlock()
	select {
	case <-g.pass:
	case <-ctx.Done():
		return ctx.Err()
	}
	if g.refuse != nil {
		if err := g.refuse(facts); err != nil {
			return err
		}
	}
	return g.Store.Append(ctx, facts)
}

func (g *gate) calls() [][]trace.Fact {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.appends
}

// fact is a stored form of span n.
func fact(n byte) trace.Fact {
	b := newBatch()
	if err := protoTraces(b, export(span(n))); err != nil {
		panic(err)
	}
	return b.facts[0]
}

// offer commits span n in a goroutine and returns where its outcome appears.
func offer(in *Ingest, ctx context.Context, n byte) <-chan *failure {
	done := make(chan *failure, 1)
	go func() { done <- in.commit(ctx, []trace.Fact{fact(n)}, in.budget.open()) }()
	return done
}

func TestRequestsThatWaitShareOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, hub := newGate(), live.New()
		sub := hub.Subscribe()
		in := New(Config{Store: g, Live: hub})
		first := offer(in, t.Context(), 1)
		synctest.Wait() // the committer is inside the first Append
		var rest []<-chan *failure
		for n := byte(2); n <= 9; n++ {
			rest = append(rest, offer(in, t.Context(), n))
		}
		synctest.Wait()
		close(g.pass)
		for _, done := range append(rest, first) {
			if f := <-done; f != nil {
				t.Error(f)
			}
		}
		calls := g.calls()
		if len(calls) != 2 || len(calls[0]) != 1 || len(calls[1]) != 8 {
			t.Errorf("%d appends, want one of 1 fact and one of 8", len(calls))
		}
		ids, _, err := sub.Next(t.Context())
		if err != nil || len(ids) != 1 || ids[0] != testTrace {
			t.Errorf("watchers were told of %v (%v), want the one trace", ids, err)
		}
		sub.Close()
		hub.Close()
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestOneCommitTakesAsMuchAsItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		in := New(Config{Store: g})
		facts := slices.Repeat([]trace.Fact{fact(1)}, maxCommitFacts/2+1)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if f := in.commit(t.Context(), facts, in.budget.open()); f != nil {
					t.Error(f)
				}
			})
			synctest.Wait()
		}
		close(g.pass)
		wg.Wait()
		for i, call := range g.calls() {
			if len(call) > maxCommitFacts {
				t.Errorf("append %d has %d facts", i, len(call))
			}
		}
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestARequestThatCannotBeStoredTakesNoNeighbourWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		poison := trace.SpanID(spanID(3))
		g.refuse = func(facts []trace.Fact) error {
			for _, f := range facts {
				if f.Span.ID == poison {
					return errors.New("cannot store span 3")
				}
			}
			return nil
		}
		in := New(Config{Store: g})
		done := map[byte]<-chan *failure{}
		for n := byte(1); n <= 4; n++ {
			done[n] = offer(in, t.Context(), n)
			synctest.Wait()
		}
		close(g.pass)
		for n, d := range done {
			f := <-d
			if n == 3 && (f == nil || f.code != codeUnavailable || f.retry == 0) {
				t.Errorf("span 3: %v, want UNAVAILABLE", f)
			}
			if n != 3 && f != nil {
				t.Errorf("span %d: %v", n, f)
			}
		}
		spans, err := g.Spans(t.Context(), testTrace)
		if err != nil || len(spans) != 3 {
			t.Errorf("%d spans are stored (%v), want 3", len(spans), err)
		}
		if n := in.budget.inUse(); n != 0 {
			t.Errorf("%d bytes are still held", n)
		}
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAStoreThatRefusesEverythingIsLoggedNowAndThenWithACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		g.refuse = func([]trace.Fact) error { return errors.New("the disk is full") }
		close(g.pass)
		var log bytes.Buffer
		in := New(Config{Store: g, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for range 50 {
			if f := <-offer(in, t.Context(), 1); f == nil {
				t.Error("what wasn't stored is acknowledged")
			}
		}
		time.Sleep(complaintGap)
		if f := <-offer(in, t.Context(), 1); f == nil {
			t.Error("what wasn't stored is acknowledged")
		}
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "the disk is full") || !strings.Contains(lines[1], "requests=50") {
			t.Errorf("want one line at once, and one that counts the other 50:\n%s", &log)
		}
	})
}

func TestARequestStopsWaitingAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		in := New(Config{Store: g})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if f := <-offer(in, ctx, 1); f == nil || f.code != codeDeadlineExceeded {
			t.Errorf("got %v, want DEADLINE_EXCEEDED", f)
		}
		close(g.pass)
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if spans, err := g.Spans(t.Context(), testTrace); err != nil || len(spans) != 1 {
			t.Errorf("%d spans are stored (%v), want the one that was taken", len(spans), err)
		}
	})
}

func TestNothingIsAcknowledgedBeforeItIsStored(t *testing.T) {
	g := newGate()
	g.entered = make(chan struct{})
	r := newReceiver(t, Config{Store: g})
	answered := make(chan int, 1)
	go func() {
		resp, _ := r.post(t, "/v1/traces", export(span(1)), "Content-Type", protobuf)
		answered <- resp.StatusCode
	}()
	select {
	case <-g.entered:
	case status := <-answered:
		t.Fatalf("answered %d before Append", status)
	}
	select {
	case status := <-answered:
		t.Errorf("answered %d while Append runs", status)
	default:
	}
	close(g.pass)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
}

func TestWhenTooMuchWaitsSendersAreToldToComeBack(t *testing.T) {
	r := newReceiver(t, Config{MaxPending: 1 << 20})
	others := r.budget.open()
	if err := others.grow(1 << 20); err != nil {
		t.Fatal(err)
	}
	for contentType, body := range map[string][]byte{protobuf: export(span(1)), "application/json": jsonExport(jsonSpan(1, nil))} {
		resp, answer := r.post(t, "/v1/traces", body, "Content-Type", contentType)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: status %d, Retry-After %q; want 503 and 1", contentType, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
		if !strings.Contains(string(answer), "send again after 1s") {
			t.Errorf("%s: answer %q", contentType, answer)
		}
	}
	others.release()
	r.mustTakeGood(t, 1)
}
