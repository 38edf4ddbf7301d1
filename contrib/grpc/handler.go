package clewgrpc

import (
	"context"
	"net"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/clewhq/clew"
)

// Keys of OpenTelemetry's RPC semantic conventions.
const (
	keySystem      = attribute.Key("rpc.system")
	keyService     = attribute.Key("rpc.service")
	keyMethod      = attribute.Key("rpc.method")
	keyStatus      = attribute.Key("rpc.grpc.status_code")
	keyErrorType   = attribute.Key("error.type")
	keyPeerAddress = attribute.Key("network.peer.address")
	keyPeerPort    = attribute.Key("network.peer.port")
)

// maxMethod bounds what is recorded of a method's name, in bytes: gRPC also reports calls of methods that nobody
// registered, and those names are a stranger's text.
const maxMethod = 256

// ServerHandler makes a server span of every call, in the trace that the call's metadata names in any format Clew reads.
// The handler's context has the span as its current one.
func ServerHandler(opts ...ServerOption) stats.Handler {
	var c config
	for _, o := range opts {
		if o != nil {
			o.applyServer(&c)
		}
	}
	return serverHandler{c}
}

// ClientHandler makes a client span of every call and puts it into the call's metadata.
func ClientHandler(opts ...ClientOption) stats.Handler {
	var c config
	for _, o := range opts {
		if o != nil {
			o.applyClient(&c)
		}
	}
	return clientHandler{c}
}

type serverHandler struct{ config config }

type clientHandler struct{ config config }

func (h serverHandler) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	md, _ := metadata.FromIncomingContext(ctx)
	ctx = clew.Extract(ctx, Carrier(md), h.config.extract...)
	if h.config.skips(info.FullMethodName) {
		return context.WithValue(ctx, spanKey{}, (*clew.Span)(nil))
	}
	name, attrs := method(info.FullMethodName)
	if p, ok := peer.FromContext(ctx); ok {
		attrs = append(attrs, address(p.Addr)...)
	}
	return start(ctx, name, trace.SpanKindServer, attrs)
}

func (h clientHandler) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if h.config.skips(info.FullMethodName) {
		ctx = context.WithValue(ctx, spanKey{}, (*clew.Span)(nil))
	} else {
		name, attrs := method(info.FullMethodName)
		ctx = start(ctx, name, trace.SpanKindClient, attrs)
	}
	return outgoing(ctx, h.config.share)
}

func (serverHandler) HandleRPC(ctx context.Context, s stats.RPCStats) {
	if end, ok := s.(*stats.End); ok {
		finish(span(ctx), end.Error, serverFault)
	}
}

func (clientHandler) HandleRPC(ctx context.Context, s stats.RPCStats) {
	switch s := s.(type) {
	case *stats.OutHeader:
		span(ctx).SetAttributes(address(s.RemoteAddr)...)
	case *stats.End:
		finish(span(ctx), s.Error, func(codes.Code) bool { return true })
	}
}

func (serverHandler) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (clientHandler) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (serverHandler) HandleConn(context.Context, stats.ConnStats)                       {}
func (clientHandler) HandleConn(context.Context, stats.ConnStats)                       {}

// spanKey is where a call's own span is, because another handler may make a different one current.
type spanKey struct{}

func start(ctx context.Context, name string, kind trace.SpanKind, attrs []attribute.KeyValue) context.Context {
	ctx, s := clew.Start(ctx, name, clew.Kind(kind), clew.Attr(attrs...))
	return context.WithValue(ctx, spanKey{}, s)
}

// span returns the call's own span, or nil, on which every method does nothing.
func span(ctx context.Context) *clew.Span {
	s, _ := ctx.Value(spanKey{}).(*clew.Span)
	return s
}

func finish(s *clew.Span, err error, fault func(codes.Code) bool) {
	st := status.Convert(err)
	s.SetAttributes(keyStatus.Int(int(st.Code())))
	if st.Code() != codes.OK && fault(st.Code()) {
		s.SetAttributes(keyErrorType.String(st.Code().String()))
		s.OTel().SetStatus(otelcodes.Error, st.Message())
	}
	s.End()
}

// serverFault tells the statuses that say something went wrong in the server from those that say the caller was wrong.
func serverFault(c codes.Code) bool {
	switch c {
	case codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented, codes.Internal, codes.Unavailable, codes.DataLoss:
		return true
	}
	return false
}

// method returns the span's name and the attributes that say the same of a full method, "/package.Service/Method".
func method(full string) (name string, attrs []attribute.KeyValue) {
	name = strings.TrimPrefix(full, "/")
	if len(name) > maxMethod {
		name = name[:maxMethod]
	}
	name = strings.ToValidUTF8(name, "\ufffd")
	attrs = []attribute.KeyValue{keySystem.String("grpc")}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name, append(attrs, keyService.String(name[:i]), keyMethod.String(name[i+1:]))
	}
	return name, append(attrs, keyMethod.String(name))
}

func address(addr net.Addr) []attribute.KeyValue {
	switch a := addr.(type) {
	case nil:
		return nil
	case *net.TCPAddr:
		return []attribute.KeyValue{keyPeerAddress.String(a.IP.String()), keyPeerPort.Int(a.Port)}
	default:
		return []attribute.KeyValue{keyPeerAddress.String(addr.String())}
	}
}
