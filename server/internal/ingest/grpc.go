package ingest

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// OTLP over gRPC needs one unary call, which is small on net/http's HTTP/2: one
// framed message each way and a status in the trailers.

// grpcPrefix is the length of what precedes a message: a flag that says whether
// it is compressed, and its length in four bytes.
const grpcPrefix = 5

const grpcEncodings = "gzip,zstd,identity"

// grpcHandler serves one signal over OTLP/gRPC.
func (in *Ingest) grpcHandler(s signal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isGRPC(r) {
			writeFailure(w, typeJSON, fail(codeUnimplemented,
				"this path speaks gRPC (content type application/grpc over HTTP/2); OTLP/HTTP is at %s", s.path))
			return
		}
		a, f := in.call(w, r, s)
		in.metrics.answered(s.name, "grpc", f)
		writeGRPC(w, a, f)
	})
}

func isGRPC(r *http.Request) bool {
	t := r.Header.Get("Content-Type")
	return r.Method == http.MethodPost && r.ProtoMajor >= 2 &&
		(t == "application/grpc" || t == "application/grpc+proto" || strings.HasPrefix(t, "application/grpc;"))
}

// call reads and processes the request's message.
func (in *Ingest) call(w http.ResponseWriter, r *http.Request, s signal) (answer, *failure) {
	ctx := r.Context()
	if header := r.Header.Get("Grpc-Timeout"); header != "" {
		d, err := parseTimeout(header)
		if err != nil {
			return answer{}, fail(codeInvalidArgument, "%v", err)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	encoding, ok := canonicalEncoding(r.Header.Get("Grpc-Encoding"))
	if !ok {
		return answer{}, fail(codeUnimplemented, "grpc-encoding %.80q is not supported; use one of %s", encoding, grpcEncodings)
	}
	h := in.budget.open()
	src := in.newSource(w, r)
	body, f := in.readMessage(src, encoding, h)
	if f != nil {
		h.release()
		return answer{}, f
	}
	src.done()
	return in.process(ctx, s, "grpc", s.proto, body, h)
}

// readMessage reads the one message of a unary call, and that nothing follows.
func (in *Ingest) readMessage(src *source, encoding string, h *hold) ([]byte, *failure) {
	compressed, size, err := readPrefix(src)
	if err != nil {
		if f := src.failure(in.maxBody); f != nil {
			return nil, f
		}
		return nil, fail(codeInvalidArgument, "gRPC message: %v", err)
	}
	if compressed && encoding == "" {
		// The code is the gRPC specification's.
		return nil, fail(codeInternal, "gRPC message is marked as compressed without a grpc-encoding")
	}
	if !compressed {
		encoding = ""
	}
	if int64(size) > in.maxBody {
		return nil, tooLarge(in.maxBody)
	}
	limited := &io.LimitedReader{R: src, N: int64(size)}
	body, f := in.readBody(limited, src, encoding, int64(size), h)
	if f != nil {
		return nil, f
	}
	// A compressed stream may end before the message does; the rest is skipped.
	if _, err := io.Copy(io.Discard, limited); err != nil || limited.N > 0 {
		if f := src.failure(in.maxBody); f != nil {
			return nil, f
		}
		return nil, fail(codeInvalidArgument, "gRPC message of %d bytes ends %d bytes early", size, limited.N)
	}
	switch n, err := io.ReadFull(src, make([]byte, 1)); {
	case n > 0:
		return nil, fail(codeUnimplemented, "Export takes one message, and more followed")
	case !errors.Is(err, io.EOF):
		if f := src.failure(in.maxBody); f != nil {
			return nil, f
		}
		return nil, fail(codeInvalidArgument, "gRPC message: %v", err)
	}
	return body, nil
}

// readPrefix reads what precedes a message.
func readPrefix(r io.Reader) (compressed bool, size uint32, err error) {
	var p [grpcPrefix]byte
	if n, err := io.ReadFull(r, p[:]); err != nil {
		return false, 0, fmt.Errorf("want a %d-byte prefix, got %d bytes", grpcPrefix, n)
	}
	if p[0] > 1 {
		return false, 0, fmt.Errorf("compressed flag is %d, want 0 or 1", p[0])
	}
	return p[0] == 1, binary.BigEndian.Uint32(p[1:]), nil
}

// timeoutUnits are those of the grpc-timeout header.
var timeoutUnits = map[byte]time.Duration{
	'H': time.Hour, 'M': time.Minute, 'S': time.Second,
	'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
}

// parseTimeout reads a grpc-timeout header: at most 8 digits and a unit.
func parseTimeout(s string) (time.Duration, error) {
	bad := fmt.Errorf("grpc-timeout %.40q: want up to 8 digits and one of H, M, S, m, u, n", s)
	if len(s) < 2 || len(s) > 9 {
		return 0, bad
	}
	unit, ok := timeoutUnits[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if err != nil || !ok {
		return 0, bad
	}
	if n > uint64(math.MaxInt64/unit) {
		return math.MaxInt64, nil
	}
	return time.Duration(n) * unit, nil
}

// writeGRPC sends the answer, if there is no failure, and the status. Headers
// always go out before the status, which therefore is a trailer.
func writeGRPC(w http.ResponseWriter, a answer, f *failure) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Accept-Encoding", grpcEncodings)
	w.WriteHeader(http.StatusOK)
	status, message := codeOK, ""
	if f == nil {
		body := a.proto()
		frame := binary.BigEndian.AppendUint32(make([]byte, 1, grpcPrefix+len(body)), uint32(len(body)))
		_, _ = w.Write(append(frame, body...)) // the sender is gone: nobody is left to tell
	} else {
		// Without a body net/http would turn trailers into headers.
		_ = http.NewResponseController(w).Flush()
		status, message = f.code, f.message
		if f.retry > 0 {
			h.Set(http.TrailerPrefix+"Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(f.proto()))
		}
	}
	h.Set(http.TrailerPrefix+"Grpc-Status", strconv.Itoa(int(status)))
	if message != "" {
		h.Set(http.TrailerPrefix+"Grpc-Message", percentEncode(message))
	}
}

// percentEncode writes s as gRPC's trailers want it: printable ASCII but '%'.
func percentEncode(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c <= '~' && c != '%' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}
