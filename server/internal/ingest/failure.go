package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/clewhq/clew/server/internal/store"
)

// code is a gRPC status code; google.rpc.Status uses it over HTTP as well.
type code int32

const (
	codeOK                code = 0
	codeCanceled          code = 1
	codeInvalidArgument   code = 3
	codeDeadlineExceeded  code = 4
	codeResourceExhausted code = 8
	codeUnimplemented     code = 12
	codeInternal          code = 13
	codeUnavailable       code = 14
)

// httpStatus is the table of codes over HTTP. OTLP lets senders retry 429, 502,
// 503 and 504 only.
var httpStatus = map[code]int{
	codeCanceled:          http.StatusServiceUnavailable,
	codeInvalidArgument:   http.StatusBadRequest,
	codeDeadlineExceeded:  http.StatusRequestTimeout,
	codeResourceExhausted: http.StatusRequestEntityTooLarge,
	codeUnimplemented:     http.StatusUnsupportedMediaType,
	codeInternal:          http.StatusInternalServerError,
	codeUnavailable:       http.StatusServiceUnavailable,
}

// failure is why a whole request is refused. Nothing of it was stored, but for
// codeDeadlineExceeded and codeCanceled, where it may have been.
type failure struct {
	code    code
	reason  string // of the refusal, for who counts them; "" is the code's
	message string
	retry   time.Duration // when to come back, 0 for "not unchanged"
	closing bool          // the connection is of no further use
	method  bool          // the request's method is the mistake
}

func (f *failure) Error() string { return f.message }

func fail(c code, format string, args ...any) *failure {
	return &failure{code: c, message: fmt.Sprintf(format, args...)}
}

func busy(reason, format string, args ...any) *failure {
	f := fail(codeUnavailable, format, args...)
	f.retry, f.reason = retryAfter, reason
	return f
}

// reasons are what refusals are counted as that have no reason of their own.
var reasons = map[code]string{
	codeCanceled:          "canceled",
	codeInvalidArgument:   "malformed",
	codeDeadlineExceeded:  "deadline",
	codeResourceExhausted: "too_large",
	codeUnimplemented:     "unsupported",
	codeInternal:          "internal",
}

// storeFailure words an error of the store. Nothing is lost: the sender comes
// again, a little later when it is the disk that can't.
func (in *Ingest) storeFailure(err error) *failure {
	f := busy("store", "the spans could not be stored: %v", err)
	switch {
	case errors.Is(err, store.ErrFull):
		f.reason, f.retry = "disk_full", retryDisk
	case errors.Is(err, store.ErrUnwritable):
		f.reason, f.retry = "disk_unwritable", retryDisk
	}
	return f
}

// memoryFailure words an error of hold.grow.
func (in *Ingest) memoryFailure(err error) *failure {
	if errors.Is(err, errLarge) {
		return fail(codeResourceExhausted,
			"the request needs more than %d bytes of memory once decoded; send smaller batches or raise the server's --max-pending", in.budget.max)
	}
	return busy("pending", "%v; send again after %s", err, retryAfter)
}

// contextFailure words the end of a request's context.
func contextFailure(ctx context.Context) *failure {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fail(codeDeadlineExceeded, "the request's deadline passed before its spans were stored; they may be stored yet")
	}
	return fail(codeCanceled, "the request was given up before its spans were stored; they may be stored yet")
}
