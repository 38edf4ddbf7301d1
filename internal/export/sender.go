package export

import (
	"context"
	"errors"
	"time"
)

// Sender delivers requests to an endpoint.
type Sender interface {
	// Send delivers one request, an encoded opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest. It returns
	// when the request is answered, has failed or ctx is done, and keeps nothing of it. An error that is no *SendError is
	// taken for final: its spans are lost. Send is not called from two goroutines at once.
	Send(ctx context.Context, request []byte) error
	// Close lets go of connections. No Send follows.
	Close() error
}

// SendError says what became of a request, and what to do about it.
type SendError struct {
	Err error
	// Retry: the same request may succeed later.
	Retry bool
	// After is how long the endpoint wants to be left alone; 0 if it does not say.
	After time.Duration
	// Unreachable: nobody answered at all.
	Unreachable bool
	// TooLarge: the same spans may succeed in smaller requests.
	TooLarge bool
	// Taken: the endpoint has the spans, but for those that it Rejected.
	Taken    bool
	Rejected int
}

func (e *SendError) Error() string { return e.Err.Error() }

func (e *SendError) Unwrap() error { return e.Err }

// verdict reads the error of a Send. A timeout of ours is worth another try.
func verdict(err error) SendError {
	var e *SendError
	switch {
	case errors.As(err, &e):
		return *e
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return SendError{Err: err, Retry: true}
	}
	return SendError{Err: err}
}
