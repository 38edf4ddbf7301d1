package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

const (
	maxStreams    = 256                    // live streams at once
	streamGap     = 250 * time.Millisecond // between two looks at what changed
	heartbeat     = 15 * time.Second       // shorter than the idle timeout of common proxies
	streamTimeout = 10 * time.Second       // for a client to take what is written
)

// watch is a server-sent event stream of the traces that change: "trace" with a
// client.TraceSummary, "resync" when changes were dropped. It ends when the
// client leaves, stops reading, or the hub is closed.
func (a *api) watch(w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).done(); err != nil {
		return err
	}
	select {
	case a.streams <- struct{}{}:
		defer func() { <-a.streams }()
	default:
		return failf(http.StatusServiceUnavailable, "unavailable", "", "%d live streams are open, which is the limit", maxStreams)
	}
	// Subscribed before the client hears of it: what it loads after that and
	// what it is sent leave no gap.
	sub := a.Live.Subscribe()
	defer sub.Close()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx: pass events on as they come
	if r.Method == http.MethodHead {
		return nil
	}
	out := &stream{w, http.NewResponseController(w)}
	if out.write([]byte("retry: 2000\n: connected\n\n")) != nil {
		return nil
	}
	for {
		err := a.forward(r.Context(), sub, out)
		if err != nil && !errors.Is(err, live.ErrClosed) && r.Context().Err() == nil {
			a.Logger.LogAttrs(r.Context(), slog.LevelInfo, "live stream ended", slog.Any("error", err))
		}
		if err != nil {
			return nil // the answer has begun: its end is all that can be told
		}
	}
}

// forward waits for one batch of changes, or a heartbeat's time, and writes it.
func (a *api) forward(ctx context.Context, sub *live.Subscription, out *stream) error {
	wait, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	ids, resync, err := sub.Next(wait)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return out.write([]byte(": heartbeat\n\n"))
	}
	if err != nil {
		return err
	}
	events, err := a.events(ctx, ids, resync)
	if err != nil {
		return err
	}
	if err := out.write(events); err != nil {
		return err
	}
	gap := time.NewTimer(streamGap)
	defer gap.Stop()
	select {
	case <-gap.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// events encodes what changed. When the traces can't be read now, the client is
// told to look again, and nothing is lost.
func (a *api) events(ctx context.Context, ids []trace.TraceID, resync bool) ([]byte, error) {
	var buf bytes.Buffer
	if !resync {
		summaries, err := a.Store.Summaries(ctx, ids...)
		switch {
		case errors.Is(err, store.ErrClosed) || ctx.Err() != nil:
			return nil, err
		case err != nil:
			a.Logger.LogAttrs(ctx, slog.LevelError, "read changed traces", slog.Any("error", err))
			resync = true
		}
		slices.SortFunc(summaries, func(x, y trace.Summary) int {
			return cmp.Or(cmp.Compare(x.Start, y.Start), bytes.Compare(x.TraceID[:], y.TraceID[:]))
		})
		for _, s := range summaries {
			data, err := json.Marshal(wireSummary(s))
			if err != nil {
				return nil, err
			}
			buf.WriteString("event: trace\ndata: ")
			buf.Write(data)
			buf.WriteString("\n\n")
		}
	}
	if resync {
		buf.WriteString("event: resync\ndata: {}\n\n")
	}
	return buf.Bytes(), nil
}

// stream writes to a client that may have stopped reading.
type stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s *stream) write(b []byte) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(streamTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.rc.Flush()
}
