package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// watcher is the other end of a live stream, inside a bubble with its own clock.
type watcher struct {
	header http.Header
	leave  context.CancelFunc
	ended  chan struct{} // closed when the handler has returned

	mu       sync.Mutex
	text     strings.Builder
	deadline time.Time
	stuck    bool // writes wait until the deadline, as those to a full socket do
}

func (w *watcher) Header() http.Header { return w.header }
func (w *watcher) WriteHeader(int)     {}
func (w *watcher) Flush()              {}

func (w *watcher) SetWriteDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	stuck := w.stuck
	w.mu.Unlock()
	if stuck {
		<-time.After(time.Until(w.deadline))
		return 0, os.ErrDeadlineExceeded
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

// heard returns what was written since the call before, once nothing moves.
func (w *watcher) heard() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.text.Reset()
	return w.text.String()
}

func (w *watcher) hasEnded() bool {
	synctest.Wait()
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

// watch opens a live stream and reads its greeting.
func watch(t *testing.T, st store.Store, hub *live.Hub) *watcher {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	w := &watcher{header: http.Header{}, leave: leave, ended: make(chan struct{})}
	h := New(testConfig(st, hub))
	go func() {
		defer close(w.ended)
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, base+"/live", nil))
	}()
	if got := w.heard(); got != "retry: 2000\n: connected\n\n" || w.header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("greeting %q, headers %v", got, w.header)
	}
	return w
}

// later lets time pass; in a bubble that takes none.
func later(d time.Duration) { <-time.After(d) }

func add(t *testing.T, st store.Store, hub *live.Hub, spans ...*trace.Span) {
	t.Helper()
	for _, s := range spans {
		if err := st.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: s}}); err != nil {
			t.Fatal(err)
		}
		hub.Publish(s.TraceID)
	}
}

// bubble runs fn with a store and a hub under a clock of its own.
func bubble(t *testing.T, fn func(t *testing.T, st *memory.Store, hub *live.Hub)) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New()
		defer hub.Close()
		fn(t, memory.New(), hub)
	})
}

func TestAChangedTraceIsSentAtOnceAndThenAtMostEveryGap(t *testing.T) {
	bubble(t, func(t *testing.T, st *memory.Store, hub *live.Hub) {
		w := watch(t, st, hub)
		add(t, st, hub, newSpan(wholeTrace, 1, 0, "a", "root", 0, 1))
		got := w.heard()
		if !strings.HasPrefix(got, "event: trace\ndata: {\"trace_id\":\""+wholeTrace.String()) || !strings.HasSuffix(got, "}\n\n") || !strings.Contains(got, `"span_count":1,`) {
			t.Errorf("first change: %q", got)
		}
		for i := range byte(5) {
			add(t, st, hub, newSpan(wholeTrace, i+2, 1, "a", "child", 0, 1))
		}
		later(streamGap - time.Millisecond)
		if got := w.heard(); got != "" {
			t.Errorf("within the gap: %q", got)
		}
		later(time.Millisecond)
		if got := w.heard(); strings.Count(got, "event: trace") != 1 || !strings.Contains(got, `"span_count":6,`) {
			t.Errorf("after the gap: %q; want one event that has all", got)
		}
	})
}

func TestAQuietStreamHasAHeartbeat(t *testing.T) {
	bubble(t, func(t *testing.T, st *memory.Store, hub *live.Hub) {
		w := watch(t, st, hub)
		for range 3 {
			later(heartbeat - time.Second)
			if got := w.heard(); got != "" {
				t.Errorf("before it is due: %q", got)
			}
			later(time.Second)
			if got := w.heard(); got != ": heartbeat\n\n" {
				t.Errorf("heartbeat %q", got)
			}
		}
	})
}

func TestTooManyChangesBecomeOneResync(t *testing.T) {
	bubble(t, func(t *testing.T, st *memory.Store, hub *live.Hub) {
		w := watch(t, st, hub)
		add(t, st, hub, newSpan(wholeTrace, 1, 0, "a", "root", 0, 1))
		w.heard() // the gap has begun
		for i := range 3000 {
			hub.Publish(trace.TraceID{14: byte(i >> 8), 15: byte(i)})
		}
		later(streamGap)
		if got := w.heard(); got != "event: resync\ndata: {}\n\n" {
			t.Errorf("heard %.200q", got)
		}
	})
}

func TestATraceThatIsUnknownIsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T, st *memory.Store, hub *live.Hub) {
		w := watch(t, st, hub)
		hub.Publish(wholeTrace)
		if got := w.heard(); got != "" {
			t.Errorf("heard %q", got)
		}
	})
}

// blindStore fails to summarize.
type blindStore struct {
	*memory.Store
	err error
}

func (s blindStore) Summaries(context.Context, ...trace.TraceID) ([]trace.Summary, error) {
	return nil, s.err
}

func TestAStreamOfAStoreThatFails(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		heard string
		ended bool
	}{
		{"for now: the client is told to look again", errors.New("disk busy"), "event: resync\ndata: {}\n\n", false},
		{"for good: the stream ends", store.ErrClosed, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, st *memory.Store, hub *live.Hub) {
				w := watch(t, blindStore{st, tt.err}, hub)
				hub.Publish(wholeTrace)
				if got := w.heard(); got != tt.heard || w.hasEnded() != tt.ended {
					t.Errorf("heard %q, ended %v", got, w.hasEnded())
				}
			})
		})
	}
}

func TestAStreamEndsWhen(t *testing.T) {
	tests := map[string]func(w *watcher, hub *live.Hub){
		"the server shuts down": func(_ *watcher, hub *live.Hub) { hub.Close() },
		"the client leaves":     func(w *watcher, _ *live.Hub) { w.leave() },
		"the client stops reading": func(w *watcher, _ *live.Hub) {
			w.mu.Lock()
			w.stuck = true
			w.mu.Unlock()
			later(heartbeat + streamTimeout)
		},
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, st *memory.Store, hub *live.Hub) {
				w := watch(t, st, hub)
				if w.hasEnded() {
					t.Fatal("the stream ended by itself")
				}
				end(w, hub)
				if !w.hasEnded() {
					t.Error("the stream goes on")
				}
			})
		})
	}
}

func TestTheNumberOfStreamsIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, st *memory.Store, hub *live.Hub) {
		h := New(testConfig(st, hub))
		open := func() *watcher {
			ctx, leave := context.WithCancel(t.Context())
			w := &watcher{header: http.Header{}, leave: leave, ended: make(chan struct{})}
			go func() {
				defer close(w.ended)
				h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, base+"/live", nil))
			}()
			return w
		}
		first := open()
		for range maxStreams - 1 {
			open()
		}
		if got := first.heard(); !strings.Contains(got, "connected") {
			t.Fatalf("the first of %d streams heard %q", maxStreams, got)
		}
		if w := open(); !strings.Contains(w.heard(), `"unavailable"`) || !w.hasEnded() || w.header.Get("Retry-After") == "" {
			t.Error("one stream too many is opened")
		}
		first.leave()
		synctest.Wait()
		if w := open(); !strings.Contains(w.heard(), "connected") {
			t.Error("the place of a stream that ended is not given away")
		}
	})
}

func TestTheClientFollowsAStreamOverHTTP(t *testing.T) {
	srv := newServer(t)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	opened := make(chan struct{})
	srv.http.Config.Handler = openSignal(srv.http.Config.Handler, opened)
	go func() {
		<-opened
		add(t, srv.store, srv.hub, newSpan(wholeTrace, 1, 0, "a", "root", 0, 1))
	}()
	for change, err := range srv.Live(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		want := client.Change{Trace: wireSummary(trace.Summarize([]*trace.Span{newSpan(wholeTrace, 1, 0, "a", "root", 0, 1)}))}
		if diff := cmp.Diff(want, change); diff != "" {
			t.Errorf("change (-want +got):\n%s", diff)
		}
		break
	}
	srv.hub.Close()
	for change, err := range srv.Live(ctx) {
		t.Errorf("a server that shuts down sent %+v, %v", change, err)
	}
}

// openSignal closes opened at the first flush: the stream is subscribed by then.
func openSignal(next http.Handler, opened chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&flushSignal{ResponseWriter: w, opened: opened}, r)
	})
}

type flushSignal struct {
	http.ResponseWriter
	opened chan struct{}
	once   sync.Once
}

func (w *flushSignal) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *flushSignal) FlushError() error {
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.once.Do(func() {
		select {
		case <-w.opened:
		default:
			close(w.opened)
		}
	})
	return err
}

func TestHEADOfAStreamHasHeadersAndEnds(t *testing.T) {
	resp, body := newServer(t).get(t, http.MethodHead, "/live")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" || len(body) != 0 {
		t.Errorf("status %d, headers %v, %d bytes", resp.StatusCode, resp.Header, len(body))
	}
}
