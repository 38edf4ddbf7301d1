package ingest

import (
	"context"
	"errors"
	"fmt"
)

// Signals that Take takes.
const (
	Traces = "traces"
	Logs   = "logs"
)

// Refused is the error of Take: nothing was stored.
type Refused struct {
	Reason string
	Retry  bool // the same request may be stored when it comes again
}

func (r *Refused) Error() string { return r.Reason }

// Take stores a request of OTLP/JSON into which another protocol was translated,
// under the same limits as one that came by itself. It returns when its content
// is durable: with how many items were refused and why, "" for none, or with a
// *Refused.
func (in *Ingest) Take(ctx context.Context, signal string, body []byte) (refused int, reason string, err error) {
	for _, s := range signals {
		if s.name != signal {
			continue
		}
		a, f := in.take(ctx, s, body)
		if f != nil {
			in.metrics.answered(s.name, "other", f)
			return 0, "", &Refused{Reason: f.message, Retry: f.code == codeUnavailable || f.code == codeCanceled}
		}
		in.metrics.answered(s.name, "other", nil)
		return a.rejected, a.message, nil
	}
	return 0, "", fmt.Errorf("take: no signal is called %q", signal)
}

func (in *Ingest) take(ctx context.Context, s signal, body []byte) (answer, *failure) {
	if int64(len(body)) > in.maxBody {
		return answer{}, tooLarge(in.maxBody)
	}
	h := in.budget.open()
	if err := h.grow(int64(len(body))); err != nil {
		h.release()
		return answer{}, in.memoryFailure(err)
	}
	return in.process(ctx, s, "other", s.json, body, h)
}

// CanRetry reports whether what err refused may be stored when it comes again.
func CanRetry(err error) bool {
	r, ok := errors.AsType[*Refused](err)
	return ok && r.Retry
}
