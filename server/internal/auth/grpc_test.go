package auth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// serve listens as the real server does, HTTP/1.1 and cleartext HTTP/2 on one port.
func serve(t *testing.T, h http.Handler) (addr string) {
	srv := httptest.NewUnstartedServer(h)
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

func TestAGRPCClientSeesARefusalAsItsOwnStatus(t *testing.T) {
	accept := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write([]byte{0, 0, 0, 0, 0}) // one empty message
		w.Header().Set("Grpc-Status", "0")
	})
	tests := []struct {
		name      string
		guard     *Guard
		auth      string
		authority string
		want      codes.Code
		words     string
	}{
		{"the right key", New(key, false), "Bearer " + key, "", codes.OK, ""},
		{"no key", New(key, false), "", "", codes.Unauthenticated, "requires a key"},
		{"a wrong key", New(key, false), "Bearer no", "", codes.Unauthenticated, "not the one"},
		{"loopback without a key", New("", true), "", "", codes.OK, ""},
		{"a foreign Host on loopback", New("", true), "", "evil.example", codes.PermissionDenied, "evil.example"},
		{"a strange Host on loopback", New("", true), "", "100%25", codes.PermissionDenied, "100%25"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
			if tt.authority != "" {
				opts = append(opts, grpc.WithAuthority(tt.authority))
			}
			conn, err := grpc.NewClient("passthrough:///"+serve(t, tt.guard.Wrap(accept)), opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			ctx := t.Context()
			if tt.auth != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", tt.auth)
			}
			err = conn.Invoke(ctx, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", &emptypb.Empty{}, &emptypb.Empty{})
			if got := status.Code(err); got != tt.want {
				t.Fatalf("code %v, want %v: %v", got, tt.want, err)
			}
			if err != nil && !strings.Contains(status.Convert(err).Message(), tt.words) {
				t.Errorf("message %q does not mention %q", status.Convert(err).Message(), tt.words)
			}
		})
	}
}
