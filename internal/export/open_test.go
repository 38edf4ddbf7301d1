package export_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/export"
)

// requests keeps what is sent.
type requests struct {
	endpoint
	bodies []string
}

func (r *requests) Send(ctx context.Context, request []byte) error {
	r.mu.Lock()
	r.bodies = append(r.bodies, string(bytes.Clone(request)))
	r.mu.Unlock()
	return r.endpoint.Send(ctx, request)
}

func TestASpanIsToldOfWhileItIsOpenAndForTheLastTimeWhenItsProcessLeavesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &requests{}
		p := start(t, export.Config{Sender: r, Limits: usual, Logger: quiet, Open: true})
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
		_, short := tp.Tracer("t").Start(t.Context(), "span<short>")
		_, long := tp.Tracer("t").Start(t.Context(), "span<long>")
		_, left := tp.Tracer("t").Start(t.Context(), "span<left>")
		time.Sleep(500 * time.Millisecond)
		short.End()
		time.Sleep(time.Minute)
		synctest.Wait()
		long.End()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		count := func(name string) (n int) {
			for _, got := range r.taken() {
				if got == name {
					n++
				}
			}
			return n
		}
		// After a second, after half a minute, and then its end.
		if count("short") != 1 || count("long") != 3 || count("left") != 3 {
			t.Errorf("%v", r.taken())
		}
		if err := tp.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := r.taken(); !slices.Equal(got[len(got)-1:], []string{"left"}) || count("left") != 4 {
			t.Errorf("at the end: %v", got)
		}
		// The interval is 0 in the last word, and half a minute before.
		last := r.bodies[len(r.bodies)-1]
		if !strings.Contains(last, "clew.span.heartbeat_interval\x12\x02\x18\x00") || strings.Contains(r.bodies[0], "heartbeat_interval\x12\x02\x18\x00") {
			t.Errorf("%q", last)
		}
		left.End() // nobody hears it
	})
}
