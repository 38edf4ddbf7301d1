package mixed_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"go.opentelemetry.io/auto/sdk"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/clewhq/clew"
)

func TestSpansOfOtelgrpcNestAndInheritAsThoseOfOtelhttp(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	shutdown, err := clew.Setup(t.Context(), clew.ShareInherited(), clew.Exporter(tracetest.NewNoopExporter()),
		clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(exporter)), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	tool := func(ctx context.Context, in any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		return clew.Observe(ctx, "tool", func(ctx context.Context) (any, error) { return next(ctx, in) }, clew.TOOL, clew.NoOutput)
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler()), grpc.UnaryInterceptor(tool))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()))
	if err != nil {
		t.Fatal(err)
	}
	ctx := clew.WithMetadata(clew.WithUser(clew.WithSession(t.Context(), "s1"), "u1"), attribute.String("tier", "gold"))
	err = clew.Run(ctx, "plan", func(ctx context.Context) error {
		_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		return err
	}, clew.EXECUTOR)
	if err != nil {
		t.Error(err)
	}
	_ = conn.Close()
	server.GracefulStop() // its spans have ended then
	spans := exporter.GetSpans()
	if err := errors.Join(<-served, shutdown(context.Background())); err != nil {
		t.Error(err)
	}
	check(t, spans, []hop{
		{trace.SpanKindInternal, "EXECUTOR"}, {trace.SpanKindClient, ""}, {trace.SpanKindServer, ""}, {trace.SpanKindInternal, "TOOL"},
	})
}

// The Auto SDK is there where a process is instrumented from outside: what it records is read by eBPF, which here nobody does.
func TestTheAutoSDKIsLeftAlone(t *testing.T) {
	before := otel.GetTracerProvider()
	defer otel.SetTracerProvider(before)
	otel.SetTracerProvider(sdk.TracerProvider())
	var log bytes.Buffer
	shutdown, err := clew.Setup(t.Context(), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if otel.GetTracerProvider() != sdk.TracerProvider() || !strings.Contains(log.String(), "takes no span processors") {
		t.Errorf("the provider is %T, and said %s", otel.GetTracerProvider(), log.String())
	}
	ran := false
	answer, err := clew.Observe(clew.WithSession(t.Context(), "s1"), "plan", func(ctx context.Context) (string, error) {
		clew.CurrentSpan(ctx).SetUser("u1")
		return "42", clew.Run(ctx, "tool", func(context.Context) error { ran = true; return nil }, clew.TOOL)
	}, clew.Input("question"))
	if answer != "42" || !ran || err != nil {
		t.Errorf("answer %q, %v", answer, err)
	}
	if err := errors.Join(clew.Flush(t.Context()), shutdown(t.Context())); err != nil {
		t.Error(err)
	}
}
