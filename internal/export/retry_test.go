package export_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clewhq/clew/internal/export"
)

func TestAnEndpointThatIsAwayIsTriedEverMoreRarelyAndGetsEverythingWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: away}
		var log bytes.Buffer
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for n := range 300 {
			p.OnEnd(span(n))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if n := e.tries; n < 10 || n > 25 {
			t.Errorf("%d tries in five minutes", n)
		}
		e.become(nil)
		time.Sleep(40 * time.Second)
		synctest.Wait()
		same(t, e.taken(), numbers(0, 300))
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if strings.Count(log.String(), "level=WARN") != 1 || strings.Count(log.String(), "sent again") != 1 {
			t.Error(log.String())
		}
		if got := p.Stats(); got.Sent != 300 || got.Waiting != 0 || got.LastError != "connection refused" {
			t.Errorf("%+v", got)
		}
	})
}

func TestABatchThatTheServerCannotSwallowDoesNotStopTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(_ int, names []string) error {
			if slices.Contains(names, "5") {
				return &export.SendError{Err: errors.New("indigestion"), Retry: true}
			}
			return nil
		}}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 100)
		synctest.Wait()
		same(t, e.taken(), numbers(10, 100))
		for n := 100; n < 1000; n++ {
			p.OnEnd(span(n))
			time.Sleep(time.Second)
		}
		if got := p.Stats(); got.Refused != 10 {
			t.Errorf("it is never given up: %+v", got)
		}
		if err := p.Shutdown(t.Context()); err == nil || err.Error() != "clew: 10 spans were not sent: indigestion" {
			t.Error(err)
		}
		same(t, e.taken(), numbers(10, 1000))
	})
}

func TestABatchThatIsTooLargeIsHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(_ int, names []string) error {
			if len(names) > 2 || slices.Contains(names, "7") {
				return &export.SendError{Err: errors.New("too large"), TooLarge: true}
			}
			return nil
		}}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 25)
		if err := p.ForceFlush(t.Context()); err == nil || err.Error() != "clew: 1 spans were not sent: too large" {
			t.Error(err)
		}
		same(t, e.taken(), slices.Concat(numbers(0, 7), numbers(8, 25)))
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestTheEndpointHasTheTimeItAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		e.answer = func(try int, _ []string) error {
			if try == 1 {
				return &export.SendError{Err: errors.New("busy"), Retry: true, After: 42 * time.Second}
			}
			return nil
		}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 30)
		if err := p.ForceFlush(t.Context()); err == nil { // ten seconds are too few
			t.Error("flushed")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := e.at[1].Sub(e.at[0]); got != 42*time.Second {
			t.Errorf("the second try came after %v", got)
		}
		same(t, e.taken(), numbers(0, 30))
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
