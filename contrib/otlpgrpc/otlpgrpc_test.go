package otlpgrpc_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/contrib/otlpgrpc"
)

// collector is a TraceService as OpenTelemetry generates it.
type collector struct {
	coltrace.UnimplementedTraceServiceServer
	mu     sync.Mutex
	names  []string
	key    []string
	answer func(try int) (*coltrace.ExportTraceServiceResponse, error)
	tries  int
}

func (c *collector) Export(ctx context.Context, r *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	md, _ := metadata.FromIncomingContext(ctx)
	c.key = md.Get("authorization")
	answer, err := c.answer(c.tries)
	if err == nil {
		for _, rs := range r.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					c.names = append(c.names, s.Name)
				}
			}
		}
	}
	return answer, err
}

func serve(t *testing.T, c *collector) clew.RequestSender {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	coltrace.RegisterTraceServiceServer(server, c)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	s, err := otlpgrpc.New(l.Addr().String(), map[string]string{"authorization": "Bearer k"}, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func busy(after time.Duration) error {
	st, err := status.New(codes.Unavailable, "busy").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
	if err != nil {
		return err
	}
	return st.Err()
}

func TestSpansArriveOverGRPCAlsoWhenTheServerIsBusyAtFirst(t *testing.T) {
	c := &collector{answer: func(try int) (*coltrace.ExportTraceServiceResponse, error) {
		if try == 1 {
			return nil, busy(time.Millisecond)
		}
		return &coltrace.ExportTraceServiceResponse{}, nil
	}}
	shutdown, err := clew.Setup(t.Context(), clew.SendWith(serve(t, c)), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	clew.StartDetached(t.Context(), "one").End()
	clew.StartDetached(t.Context(), "two").End()
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if len(c.names) != 2 || len(c.key) != 1 || c.key[0] != "Bearer k" || c.tries != 2 {
		t.Errorf("%v with %v after %d tries", c.names, c.key, c.tries)
	}
}

func TestTheStatusDecidesWhatBecomesOfTheRequest(t *testing.T) {
	partial := func(n int64, text string) *coltrace.ExportTraceServiceResponse {
		return &coltrace.ExportTraceServiceResponse{PartialSuccess: &coltrace.ExportTracePartialSuccess{RejectedSpans: n, ErrorMessage: text}}
	}
	for name, tc := range map[string]struct {
		answer *coltrace.ExportTraceServiceResponse
		err    error
		want   clew.SendError
	}{
		"some refused": {partial(2, "bad"), nil, clew.SendError{Taken: true, Rejected: 2}},
		"a remark":     {partial(0, "old"), nil, clew.SendError{Taken: true}},
		"busy":         {nil, busy(3 * time.Second), clew.SendError{Retry: true, After: 3 * time.Second}},
		"away":         {nil, status.Error(codes.Unavailable, "x"), clew.SendError{Retry: true, Unreachable: true}},
		"no right":     {nil, status.Error(codes.Unauthenticated, "x"), clew.SendError{}},
		"out of quota": {nil, status.Error(codes.ResourceExhausted, "x"), clew.SendError{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, &collector{answer: func(int) (*coltrace.ExportTraceServiceResponse, error) { return tc.answer, tc.err }})
			defer func() { _ = s.Close() }()
			var got *clew.SendError
			if err := s.Send(t.Context(), nil); !errors.As(err, &got) {
				t.Fatal(err)
			}
			got.Err = nil
			if *got != tc.want {
				t.Errorf("%+v, want %+v", *got, tc.want)
			}
		})
	}
}

func ExampleNew() {
	sender, err := otlpgrpc.New("localhost:4317", nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	shutdown, err := clew.Setup(context.Background(), clew.SendWith(sender))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(context.Background()) }()
}
