package llmhttp

import (
	"hash/maphash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// attempts remembers the calls that failed of late, so that a retry is known for one. SDKs retry above the transport: what
// they send again looks like a call of its own.
type attempts struct {
	seed maphash.Seed

	mu     sync.Mutex
	failed []attempt // oldest first
}

// attempt is a call that failed.
type attempt struct {
	call  callKey
	span  trace.SpanContext
	kind  string // of the error
	count int    // how often it had been sent before
	at    time.Time
}

// callKey is what a retry has in common with the call that failed: the span it is made under, where it goes and what it
// says.
type callKey struct {
	trace trace.TraceID
	span  trace.SpanID
	url   string
	body  uint64
	known bool // the body, which can't always be read before it is sent
}

// same reports whether two calls are one. Where a body is not known the SDK must say that it repeats.
func (k callKey) same(other callKey, repeated bool) bool {
	if k.trace != other.trace || k.span != other.span || k.url != other.url {
		return false
	}
	if k.known && other.known {
		return k.body == other.body
	}
	return repeated
}

const (
	maxFailed   = 64               // calls that are remembered
	maxRetryAge = 10 * time.Minute // longer than any SDK waits
)

// keyOf returns the key of a call, as far as it was captured; ok is false if it can't be told from others, as without a
// span around it.
func (a *attempts) keyOf(rec *recording) (key callKey, ok bool) {
	parent := trace.SpanContextFromContext(rec.ctx)
	key = callKey{trace: parent.TraceID(), span: parent.SpanID(), url: rec.target.String()}
	if key.known = rec.asked && !rec.request.over; key.known {
		key.body = maphash.Bytes(a.seed, rec.request.kept)
	}
	return key, parent.IsValid()
}

// some reports whether any call has failed.
func (a *attempts) some() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.failed) > 0
}

// add remembers a call that failed.
func (a *attempts) add(failed attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.failed) == maxFailed {
		a.failed = append(a.failed[:0], a.failed[1:]...)
	}
	a.failed = append(a.failed, failed)
}

// take returns the last failed call that a call repeats and forgets it. The SDK may have said that it does.
func (a *attempts) take(key callKey, repeated bool, now time.Time) (failed attempt, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := len(a.failed) - 1; i >= 0; i-- {
		if f := a.failed[i]; f.call.same(key, repeated) {
			a.failed = append(a.failed[:i], a.failed[i+1:]...)
			return f, now.Sub(f.at) < maxRetryAge
		}
	}
	return attempt{}, false
}

// retryOf returns the options of a span for a call that is sent again, none for a first attempt.
func (rec *recording) retryOf(r *http.Request) []clew.SpanOption {
	rec.resent = resendCount(r.Header)
	var opts []clew.SpanOption
	if rec.config.attempts.some() {
		if key, ok := rec.config.attempts.keyOf(rec); ok {
			if before, ok := rec.config.attempts.take(key, rec.resent > 0, rec.start); ok {
				rec.resent = max(rec.resent, before.count+1)
				rec.before = &before
				opts = append(opts, clew.Links(trace.Link{SpanContext: before.span}))
			}
		}
	}
	if rec.resent > 0 {
		opts = append(opts, clew.Attr(attribute.Int("http.request.resend_count", rec.resent)))
	}
	return opts
}

// tellRetry adds the event of a retry to its span: how many attempts came before, and how long ago and why the last failed.
func (rec *recording) tellRetry() {
	if rec.resent == 0 {
		return
	}
	attrs := []attribute.KeyValue{attribute.Int("http.request.resend_count", rec.resent)}
	if b := rec.before; b != nil {
		attrs = append(attrs, attribute.String("error.type", b.kind),
			attribute.Float64("clew.llm.retry.wait", rec.start.Sub(b.at).Seconds()))
	}
	rec.span.AddEvent("retry", attrs...)
}

// rememberFailure makes a retry of the call known for one.
func (rec *recording) rememberFailure(now time.Time) {
	if rec.call.ErrorType == "" {
		return
	}
	if key, ok := rec.config.attempts.keyOf(rec); ok {
		rec.config.attempts.add(attempt{
			call: key, span: rec.span.OTel().SpanContext(), kind: rec.call.ErrorType, count: rec.resent, at: now,
		})
	}
}

// resendCount returns which attempt a request is, where the SDK numbers them: those made by Stainless and AWS's.
func resendCount(h http.Header) int {
	if n, err := strconv.Atoi(h.Get("X-Stainless-Retry-Count")); err == nil {
		return max(n, 0)
	}
	first, _, _ := strings.Cut(h.Get("Amz-Sdk-Request"), ";")
	if n, err := strconv.Atoi(strings.TrimPrefix(first, "attempt=")); err == nil {
		return max(n-1, 0)
	}
	return 0
}
