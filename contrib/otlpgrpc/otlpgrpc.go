// Package otlpgrpc sends Clew's spans as OTLP over gRPC, for an endpoint that takes nothing else:
//
//	sender, err := otlpgrpc.New("collector.example:4317", nil, grpc.WithTransportCredentials(credentials.NewTLS(nil)))
//	…
//	shutdown, err := clew.Setup(ctx, clew.SendWith(sender))
//
// Queue, batches, retries and spool are those of the SDK. It is a module of its own because gRPC makes a program 7 MB
// larger; OTLP over HTTP needs nothing.
package otlpgrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/clewhq/clew"
)

const export = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

type sender struct {
	conn    *grpc.ClientConn
	headers metadata.MD
}

// New returns a sender to a gRPC target, such as collector.example:4317, for clew.SendWith, which closes it. The headers,
// which may be nil, go with every request: {"authorization": "Bearer " + key}. Options say at least which credentials the
// connection has. It is made when there is something to send. The error is about target or options.
func New(target string, headers map[string]string, opts ...grpc.DialOption) (clew.RequestSender, error) {
	conn, err := grpc.NewClient(target, opts...)
	if err != nil {
		return nil, fmt.Errorf("otlpgrpc: %w", err)
	}
	return &sender{conn, metadata.New(headers)}, nil
}

// Send makes the call.
func (s *sender) Send(ctx context.Context, request []byte) error {
	// gRPC may still be writing when a call is given up.
	in, out := bytes.Clone(request), []byte(nil)
	err := s.conn.Invoke(metadata.NewOutgoingContext(ctx, s.headers), export, &in, &out, grpc.ForceCodecV2(raw{}))
	if err != nil {
		return refusal(err)
	}
	var answer coltrace.ExportTraceServiceResponse
	if err := proto.Unmarshal(out, &answer); err != nil {
		return &clew.SendError{Err: fmt.Errorf("the answer is no OTLP response: %w", err), Taken: true}
	}
	partial := answer.GetPartialSuccess()
	switch {
	case partial.GetRejectedSpans() > 0:
		return &clew.SendError{Err: fmt.Errorf("the server refused them: %s", partial.GetErrorMessage()), Taken: true, Rejected: int(partial.GetRejectedSpans())}
	case partial.GetErrorMessage() != "":
		return &clew.SendError{Err: errors.New(partial.GetErrorMessage()), Taken: true}
	}
	return nil
}

// Close closes the connection.
func (s *sender) Close() error { return s.conn.Close() }

// refusal reads a status by the rules of OTLP.
func refusal(err error) error {
	st := status.Convert(err)
	e := &clew.SendError{Err: err}
	asked := false
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			e.After, asked = max(0, info.GetRetryDelay().AsDuration()), true
		}
	}
	switch st.Code() {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.DataLoss:
		e.Retry = true
	case codes.Unavailable:
		e.Retry, e.Unreachable = true, !asked
	case codes.ResourceExhausted:
		e.Retry = asked
	}
	if e.After > 24*time.Hour {
		e.After = 24 * time.Hour
	}
	return e
}

// raw is the codec of messages that are encoded already.
type raw struct{}

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

func (raw) Name() string { return "proto" }
