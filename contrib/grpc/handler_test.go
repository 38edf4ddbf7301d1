package clewgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	clewgrpc "github.com/clewhq/clew/contrib/grpc"
)

const (
	unary  = "grpc.testing.TestService/UnaryCall"
	stream = "grpc.testing.TestService/FullDuplexCall"
)

// service answers with what seen returns, or the status that the request asks for.
type service struct {
	pb.UnimplementedTestServiceServer
	seen func(ctx context.Context) string
}

func (s service) UnaryCall(ctx context.Context, in *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	if want := in.GetResponseStatus(); want.GetCode() != 0 {
		return nil, status.Error(codes.Code(want.GetCode()), want.GetMessage())
	}
	_, span := clew.Start(ctx, "work")
	defer span.End()
	return &pb.SimpleResponse{Username: s.seen(ctx)}, nil
}

func (s service) FullDuplexCall(stream grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		_, span := clew.Start(stream.Context(), "message")
		err := stream.Send(&pb.StreamingOutputCallResponse{})
		span.End()
		if err != nil {
			return err
		}
	}
}

func dial(t testing.TB, seen func(context.Context) string, server []clewgrpc.ServerOption, client ...clewgrpc.ClientOption) pb.TestServiceClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	srv := grpc.NewServer(grpc.StatsHandler(clewgrpc.ServerHandler(server...)))
	pb.RegisterTestServiceServer(srv, service{seen: seen})
	done := make(chan error, 1)
	go func() { done <- srv.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(clewgrpc.ClientHandler(client...)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		srv.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return pb.NewTestServiceClient(conn)
}

func nothing(context.Context) string { return "" }

// sides waits for the client and the server span of the only call.
func sides(r *clewtest.Recorder, name string) (client, server clewtest.Span) {
	of := func(kind trace.SpanKind) clewtest.Span {
		return r.Wait(1, fmt.Sprintf("of kind %s called %q", kind, name), func(s clewtest.Span) bool {
			return s.SpanKind == kind && s.Name == name
		})[0]
	}
	return of(trace.SpanKindClient), of(trace.SpanKindServer)
}

// rpc are a span's attributes of the conventions.
func rpc(s clewtest.Span) map[string]string {
	out := map[string]string{}
	for _, kv := range s.Attributes {
		if key := string(kv.Key); !strings.HasPrefix(key, "lmnr.") && !strings.HasPrefix(key, "clew.") {
			out[string(kv.Key)] = kv.Value.String()
		}
	}
	return out
}

func TestACallIsOneTrace(t *testing.T) {
	r := clewtest.Record(t)
	client := dial(t, nothing, nil)
	ctx, root := clew.Start(t.Context(), "root")
	if _, err := client.UnaryCall(ctx, &pb.SimpleRequest{}); err != nil {
		t.Fatal(err)
	}
	root.End()

	c, s := sides(r, unary)
	r.WantChild(c, r.Span("root"))
	r.WantChild(s, c)
	r.WantChild(r.Span("work"), s)
	if !s.Parent.IsRemote() {
		t.Error("the server's parent is not remote")
	}
	want := map[string]string{
		"rpc.system": "grpc", "rpc.service": "grpc.testing.TestService", "rpc.method": "UnaryCall",
		"rpc.grpc.status_code": "0", "network.peer.address": "bufconn",
	}
	for _, span := range []clewtest.Span{c, s} {
		if diff := cmp.Diff(want, rpc(span)); diff != "" {
			t.Errorf("%v (-want +got)\n%s", span.SpanKind, diff)
		}
		if span.Status.Code != otelcodes.Unset {
			t.Errorf("status %v", span.Status)
		}
	}
}

func TestOnlyPeersThatMayLearnTheSession(t *testing.T) {
	for name, tc := range map[string]struct {
		client []clewgrpc.ClientOption
		server []clewgrpc.ServerOption
		want   string
	}{
		"by default ids only":                {want: ""},
		"an own system":                      {client: []clewgrpc.ClientOption{clewgrpc.ShareInherited()}, want: "chat-7"},
		"a server that believes no stranger": {client: []clewgrpc.ClientOption{clewgrpc.ShareInherited()}, server: []clewgrpc.ServerOption{clewgrpc.Extraction(clew.IDsOnly)}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			client := dial(t, func(ctx context.Context) string {
				session, _ := clew.SessionFrom(ctx)
				return session
			}, tc.server, tc.client...)
			out, err := client.UnaryCall(clew.WithSession(t.Context(), "chat-7"), &pb.SimpleRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if out.GetUsername() != tc.want {
				t.Errorf("the server saw session %q, want %q", out.GetUsername(), tc.want)
			}
			c, s := sides(r, unary)
			r.WantChild(s, c)
		})
	}
}

func TestAStreamIsOneSpanUntilItsEnd(t *testing.T) {
	r := clewtest.Record(t)
	client := dial(t, nothing, nil)
	call, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := call.Send(&pb.StreamingOutputCallRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := call.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	messages := r.Named("message", 3)
	r.Named(stream, 0)
	if err := call.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := call.Recv(); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
	c, s := sides(r, stream)
	r.WantChild(s, c)
	for _, m := range messages {
		r.WantChild(m, s)
	}
}

func TestHowCallsEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		code           codes.Code
		client, server otelcodes.Code
	}{
		"the caller's mistake is no error of the server": {codes.NotFound, otelcodes.Error, otelcodes.Unset},
		"the server's own": {codes.Internal, otelcodes.Error, otelcodes.Error},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			client := dial(t, nothing, nil)
			_, err := client.UnaryCall(t.Context(), &pb.SimpleRequest{ResponseStatus: &pb.EchoStatus{Code: int32(tc.code), Message: "because"}})
			if status.Code(err) != tc.code {
				t.Fatalf("got %v", err)
			}
			c, s := sides(r, unary)
			if c.Status.Code != tc.client || s.Status.Code != tc.server || c.Status.Description != "because" {
				t.Errorf("client %v, server %v", c.Status, s.Status)
			}
			if c.Attr("error.type") != tc.code.String() || s.Attr("rpc.grpc.status_code") != rpc(c)["rpc.grpc.status_code"] {
				t.Errorf("client %v, server %v", rpc(c), rpc(s))
			}
		})
	}
	t.Run("a cancelled stream", func(t *testing.T) {
		r := clewtest.Record(t)
		client := dial(t, nothing, nil)
		ctx, cancel := context.WithCancel(t.Context())
		call, err := client.FullDuplexCall(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Send(&pb.StreamingOutputCallRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := call.Recv(); err != nil {
			t.Fatal(err)
		}
		cancel()
		c, s := sides(r, stream)
		if c.Attr("rpc.grpc.status_code") != "1" || s.Attr("rpc.grpc.status_code") != "1" || s.Status.Code != otelcodes.Unset {
			t.Errorf("client %v, server %v", rpc(c), rpc(s))
		}
	})
}

func TestASkippedMethodPassesItsContextOn(t *testing.T) {
	r := clewtest.Record(t)
	skip := clewgrpc.Skip(func(full string) bool { return full == "/"+unary })
	client := dial(t, nothing, []clewgrpc.ServerOption{skip}, skip)
	ctx, root := clew.Start(t.Context(), "root")
	if _, err := client.UnaryCall(ctx, &pb.SimpleRequest{}); err != nil {
		t.Fatal(err)
	}
	root.End()
	r.WantChild(r.Span("work"), r.Span("root"))
	r.Named(unary, 0)
}

func TestAProxyReplacesTheContextThatItPassesOn(t *testing.T) {
	r := clewtest.Record(t)
	var incoming metadata.MD
	client := dial(t, func(ctx context.Context) string {
		incoming, _ = metadata.FromIncomingContext(ctx)
		return ""
	}, nil)
	ctx := metadata.NewOutgoingContext(t.Context(), metadata.MD{
		"traceparent":            {"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"},
		"tracestate":             {"old=1"},
		"x-laminar-span-context": {`{"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef"}`},
		"other":                  {"a", "b"},
	})
	if _, err := client.UnaryCall(ctx, &pb.SimpleRequest{}); err != nil {
		t.Fatal(err)
	}
	c, s := sides(r, unary)
	r.WantChild(s, c)
	if got := incoming.Get("traceparent"); len(got) != 1 || !strings.Contains(got[0], c.SpanContext.SpanID().String()) {
		t.Errorf("traceparent %v", got)
	}
	if got := incoming.Get("other"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("other %v", got)
	}
	for _, stale := range []string{"tracestate", "x-laminar-span-context"} {
		if got := incoming.Get(stale); got != nil {
			t.Errorf("%s %v", stale, got)
		}
	}
}

func TestNamesInMetadataAreFoundInAnyCase(t *testing.T) {
	md := metadata.MD{"Traceparent": {"a"}, "traceparent": {"b"}, "X": {"c"}}
	carrier := clewgrpc.Carrier(md)
	if got := carrier.Values("TRACEPARENT"); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("values %v", got)
	}
	if carrier.Get("x") != "c" || carrier.Get("y") != "" {
		t.Errorf("x %q, y %q", carrier.Get("x"), carrier.Get("y"))
	}
	carrier.Set("TraceParent", "d")
	if diff := cmp.Diff(metadata.MD{"traceparent": {"d"}, "X": {"c"}}, md); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	clewgrpc.Carrier(nil).Set("x", "y") // nowhere to write to, and no panic
}

func TestWithoutSetupCallsWork(t *testing.T) {
	client := dial(t, nothing, nil, clewgrpc.ShareInherited())
	if _, err := client.UnaryCall(t.Context(), &pb.SimpleRequest{}); err != nil {
		t.Fatal(err)
	}
}
