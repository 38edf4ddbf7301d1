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
		p := start(t, export.Config{Sender: r, Limits: usual, Logger: quiet, Heartbeat: 30 * time.Second})
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

// said is what is told of spans, in order: its name, and whether it will be told of again.
func (r *requests) said() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, body := range r.bodies {
		_, rest, _ := strings.Cut(body, "span<")
		name, rest, _ := strings.Cut(rest, ">")
		switch {
		case strings.Contains(rest, "heartbeat_interval\x12\x02\x18\x00"):
			name += " waits"
		case strings.Contains(rest, "heartbeat_interval"):
			name += " runs"
		default:
			name += " ends"
		}
		out = append(out, name)
	}
	return out
}

func TestASpanThatIsSuspendedIsNotToldOfUntilItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &requests{}
		limits := usual
		limits.BatchSpans = 1
		p := start(t, export.Config{Sender: r, Limits: limits, Logger: quiet, Heartbeat: 10 * time.Second})
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
		_, s := tp.Tracer("t").Start(t.Context(), "span<w>")
		time.Sleep(2 * time.Second)
		p.Suspend(s.SpanContext(), true)
		time.Sleep(time.Hour)
		p.Suspend(s.SpanContext(), false)
		time.Sleep(15 * time.Second)
		p.Suspend(s.SpanContext(), true)
		s.End()
		p.Suspend(s.SpanContext(), true) // it has ended
		if err := tp.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"w runs", "w waits", "w runs", "w runs", "w waits", "w ends"}
		if got := r.said(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
