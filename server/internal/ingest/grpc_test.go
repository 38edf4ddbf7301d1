package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const tracesRPC = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// frame puts gRPC's prefix before a message.
func frame(compressed byte, message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{compressed}, uint32(len(message))), message...)
}

// rpcAnswer is what a gRPC client sees.
type rpcAnswer struct {
	answer  answer
	code    string
	message string
	details []byte
	header  http.Header
}

// rpc makes a gRPC call over cleartext HTTP/2.
func (r *receiver) rpc(t *testing.T, path string, body []byte, headers ...string) rpcAnswer {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/grpc" {
		t.Fatalf("status %d, content type %q", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	a := rpcAnswer{code: resp.Trailer.Get("Grpc-Status"), header: resp.Header}
	if a.message, err = url.PathUnescape(resp.Trailer.Get("Grpc-Message")); err != nil {
		t.Fatal(err)
	}
	if a.details, err = base64.RawStdEncoding.DecodeString(resp.Trailer.Get("Grpc-Status-Details-Bin")); err != nil {
		t.Fatal(err)
	}
	if len(data) > 0 {
		compressed, size, err := readPrefix(bytes.NewReader(data))
		if err != nil || compressed || int(size) != len(data)-grpcPrefix {
			t.Fatalf("answer %q has a broken prefix: %v", data, err)
		}
		a.answer = readAnswer(data[grpcPrefix:])
	}
	return a
}

func TestGRPCExportStoresSpans(t *testing.T) {
	message := export(span(1), span(2))
	for name, c := range map[string]struct {
		body    []byte
		headers []string
	}{
		"plain":                        {frame(0, message), nil},
		"with the proto suffix":        {frame(0, message), []string{"Content-Type", "application/grpc+proto"}},
		"identity":                     {frame(0, message), []string{"Grpc-Encoding", "identity"}},
		"gzip":                         {frame(1, gzipped(message)), []string{"Grpc-Encoding", "gzip"}},
		"zstd":                         {frame(1, zstded(message)), []string{"Grpc-Encoding", "zstd"}},
		"gzip announced, and not used": {frame(0, message), []string{"Grpc-Encoding", "gzip"}},
		"with a deadline":              {frame(0, message), []string{"Grpc-Timeout", "29990m"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, Config{})
			a := r.rpc(t, tracesRPC, c.body, c.headers...)
			if a.code != "0" || a.message != "" || a.answer != (answer{}) {
				t.Errorf("status %s %q, answer %+v; want 0", a.code, a.message, a.answer)
			}
			if got := a.header.Get("Grpc-Accept-Encoding"); got != "gzip,zstd,identity" {
				t.Errorf("grpc-accept-encoding %q", got)
			}
			if n := len(r.spans(t, testTrace)); n != 2 {
				t.Errorf("%d spans are stored, want 2", n)
			}
		})
	}
}

func TestGRPCAnswersBrokenCallsWithAStatus(t *testing.T) {
	good := export(span(1))
	r := newReceiver(t, Config{MaxBody: testMaxBody})
	for _, c := range []struct {
		name    string
		body    []byte
		headers []string
		code    string
		message string
	}{
		{"no message", nil, nil, "3", "want a 5-byte prefix, got 0 bytes"},
		{"half a prefix", []byte{0, 0, 0}, nil, "3", "got 3 bytes"},
		{"message shorter than its length", frame(0, good)[:40], nil, "3", "bytes early"},
		{"two messages", join(frame(0, good), frame(0, good)), nil, "12", "one message"},
		{"flag that is neither 0 nor 1", frame(7, good), nil, "3", "compressed flag is 7"},
		{"compressed without an encoding", frame(1, gzipped(good)), nil, "13", "without a grpc-encoding"},
		{"unknown encoding", frame(1, good), []string{"Grpc-Encoding", "snappy"}, "12", "gzip,zstd,identity"},
		{"not gzip", frame(1, good), []string{"Grpc-Encoding", "gzip"}, "3", "not valid gzip"},
		{"gzip bomb", frame(1, gzipped(make([]byte, 32<<20))), []string{"Grpc-Encoding", "gzip"}, "8", "larger than 4194304 bytes"},
		{"length over the limit", frame(0, make([]byte, testMaxBody+1)), nil, "8", "larger than 4194304 bytes"},
		{"length of 4 GB", []byte{0, 0xff, 0xff, 0xff, 0xff, 1}, nil, "8", "larger than 4194304 bytes"},
		{"broken protobuf", frame(0, good[:len(good)-3]), nil, "3", "not valid protobuf"},
		{"timeout that is none", frame(0, good), []string{"Grpc-Timeout", "soon"}, "3", "grpc-timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := r.rpc(t, tracesRPC, c.body, c.headers...)
			if a.code != c.code || !strings.Contains(a.message, c.message) {
				t.Errorf("status %s %q, want %s and %q", a.code, a.message, c.code, c.message)
			}
			if len(a.details) != 0 {
				t.Errorf("status has details, so a sender would try the same again")
			}
		})
	}
	if n := len(r.spans(t, testTrace)); n != 0 {
		t.Errorf("%d spans are stored, want none", n)
	}
	if a := r.rpc(t, tracesRPC, frame(0, good)); a.code != "0" {
		t.Errorf("the good call after them: status %s %q", a.code, a.message)
	}
	if n := r.budget.inUse(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

func TestGRPCRefusesABadSpanAlone(t *testing.T) {
	r := newReceiver(t, Config{})
	a := r.rpc(t, tracesRPC, frame(0, export(span(1), span(2, bytesField(fTraceID, make([]byte, 7))), span(3))))
	want := answer{1, `refused 1 of 3 spans: span "span 2": trace id has 7 bytes, want 16`}
	if a.code != "0" || a.answer != want {
		t.Errorf("status %s, answer %+v; want %+v", a.code, a.answer, want)
	}
	if n := len(r.spans(t, testTrace)); n != 2 {
		t.Errorf("%d spans are stored, want 2", n)
	}
}

func TestGRPCTellsWhenToComeBack(t *testing.T) {
	r := newReceiver(t, Config{MaxPending: 1 << 20})
	others := r.budget.open()
	if err := others.grow(1 << 20); err != nil {
		t.Fatal(err)
	}
	defer others.release()
	a := r.rpc(t, tracesRPC, frame(0, export(span(1))))
	if a.code != "14" || !strings.Contains(a.message, "send again after 1s") {
		t.Errorf("status %s %q, want UNAVAILABLE", a.code, a.message)
	}
	c, message := readStatus(a.details)
	if c != codeUnavailable || message != a.message || !bytes.Contains(a.details, []byte("type.googleapis.com/google.rpc.RetryInfo")) {
		t.Errorf("details %q", a.details)
	}
}

func TestGRPCPathsOverHTTP1SayWhatTheySpeak(t *testing.T) {
	r := newReceiver(t, Config{})
	resp, body := r.post(t, tracesRPC, frame(0, export(span(1))), "Content-Type", "application/grpc")
	if resp.StatusCode != http.StatusUnsupportedMediaType || !bytes.Contains(body, []byte("OTLP/HTTP is at /v1/traces")) {
		t.Errorf("status %d, answer %s", resp.StatusCode, body)
	}
}

func TestGRPCMessagesAreEncodedForTrailers(t *testing.T) {
	if got, want := percentEncode("100% “ok”\n"), "100%25 %E2%80%9Cok%E2%80%9D%0A"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGRPCTimeoutsAreRead(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"1S": time.Second, "99999999H": 1<<63 - 1, "250m": 250 * time.Millisecond, "7u": 7 * time.Microsecond,
		"": -1, "S": -1, "1": -1, "123456789S": -1, "1s": -1, "-1S": -1, "+1S": -1, "1.5S": -1,
	} {
		got, err := parseTimeout(s)
		if want == -1 {
			if err == nil {
				t.Errorf("%q is read as %s, want an error", s, got)
			}
		} else if err != nil || got != want {
			t.Errorf("%q is read as %s (%v), want %s", s, got, err, want)
		}
	}
}
