package ingest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// encodings says which compressions are read, in the order of preference in
// which senders are told of them.
const encodings = "gzip, zstd, identity"

// source is a request's body as it comes from the network. It remembers how
// reading ended, because a decompressor hides that, and gives up on a sender
// that stops sending.
type source struct {
	r       io.Reader
	control *http.ResponseController
	until   time.Time
	err     error
}

func (in *Ingest) newSource(w http.ResponseWriter, r *http.Request) *source {
	return &source{
		// Compressed padding can be larger than what it decompresses to.
		r:       http.MaxBytesReader(w, r.Body, in.maxBody+grpcPrefix),
		control: http.NewResponseController(w),
		until:   time.Now().Add(bodyTimeout),
	}
}

func (s *source) Read(p []byte) (int, error) {
	next := time.Now().Add(idleTimeout)
	if next.After(s.until) {
		next = s.until
	}
	// A writer without deadlines (a test's recorder) has no slow sender either.
	_ = s.control.SetReadDeadline(next)
	n, err := s.r.Read(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// drain reads what is left of the body, within the same bounds, and forgets it.
// A connection that is closed on a sender which still sends is an error to that,
// and the answer is lost: it would neither wait nor send less.
func (s *source) drain() { _, _ = io.Copy(io.Discard, s) }

// done takes the deadline back, for the connection's next request.
func (s *source) done() { _ = s.control.SetReadDeadline(time.Time{}) }

// failure words what went wrong on the network, nil if nothing did.
func (s *source) failure(limit int64) *failure {
	var tooLong *http.MaxBytesError
	switch {
	case s.err == nil || errors.Is(s.err, io.EOF):
		return nil
	case errors.As(s.err, &tooLong):
		return tooLarge(limit)
	case errors.Is(s.err, os.ErrDeadlineExceeded):
		f := fail(codeDeadlineExceeded, "the body did not arrive in time: at most %s without progress, %s in all", idleTimeout, bodyTimeout)
		f.closing = true
		return f
	default:
		f := fail(codeInvalidArgument, "the body ended early: %v", s.err)
		f.closing = true
		return f
	}
}

func tooLarge(limit int64) *failure {
	return fail(codeResourceExhausted, "the body is larger than %d bytes; send smaller batches or raise the server's --max-body", limit)
}

// readBody returns the decompressed content of src, of at most in.maxBody bytes,
// which h holds and is charged with. size is the announced length of r, -1 if
// unknown.
func (in *Ingest) readBody(r io.Reader, src *source, encoding string, size int64, h *hold) ([]byte, *failure) {
	if encoding == "zstd" {
		// A decoder takes as much memory as the sender's header says. So it gets
		// the body when that is complete, and only a few run at a time.
		packed, err := readAll(r, in.maxBody, size, h)
		if err != nil {
			f := in.readFailure(err, "")
			if sf := src.failure(in.maxBody); sf != nil {
				f = sf
			}
			return nil, f
		}
		defer in.budget.bodies.put(packed)
		in.zstdSlots <- struct{}{}
		defer func() { <-in.zstdSlots }()
		r, size = bytes.NewReader(packed), -1
	}
	plain, free, f := decompress(r, encoding)
	if f == nil {
		defer free()
		var data []byte
		var err error
		if encoding != "" {
			size = -1
		}
		if data, err = readAll(plain, in.maxBody, size, h); err == nil {
			in.metrics.bytes.Add(float64(len(data)))
			h.body = data
			return data, nil
		}
		f = in.readFailure(err, encoding)
	}
	if sf := src.failure(in.maxBody); sf != nil {
		return nil, sf
	}
	return nil, f
}

func (in *Ingest) readFailure(err error, encoding string) *failure {
	switch {
	case errors.Is(err, errTooLong):
		return tooLarge(in.maxBody)
	case errors.Is(err, errBusy), errors.Is(err, errLarge):
		return in.memoryFailure(err)
	case encoding == "":
		return fail(codeInvalidArgument, "the body could not be read: %v", err)
	default:
		return fail(codeInvalidArgument, "the body is not valid %s: %v", encoding, err)
	}
}

var errTooLong = errors.New("body too long")

// readAll is io.ReadAll with a limit and a charge for what it allocates. The
// announced size is believed up to largestGuess, and then up to believed times
// what has come: who announces much and sends little must not take everybody's
// memory. Buffers that it doesn't return are there for the next bodies.
func readAll(r io.Reader, limit, size int64, h *hold) (body []byte, err error) {
	const smallest, largestGuess, believed = 4 << 10, 64 << 10, 8
	spare := h.spare
	buf, err := h.buffer(min(size, limit)+1, min(max(size+1, smallest), largestGuess, limit+1), 0)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.m.bodies.put(buf)
		}
	}()
	for {
		if len(buf) == cap(buf) {
			had := int64(cap(buf))
			more := min(max(had, min(size+1, believed*had)-had), limit+1-had)
			h.spare = spare // all of buf was needed
			larger, err := h.buffer(had+more, had+more, had)
			if err != nil {
				return nil, err
			}
			larger = append(larger, buf...)
			h.m.bodies.put(buf)
			buf = larger
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return nil, errTooLong
		}
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

var (
	gzips sync.Pool // of *gzip.Reader
	zstds sync.Pool // of *zstd.Decoder
)

// canonicalEncoding returns "" for no compression, and whether it is known.
func canonicalEncoding(header string) (string, bool) {
	switch e := strings.ToLower(strings.TrimSpace(header)); e {
	case "", "identity":
		return "", true
	case "gzip", "x-gzip":
		return "gzip", true
	case "zstd":
		return e, true
	default:
		return e, false
	}
}

// decompress returns a reader of r's content and what to call after it.
func decompress(r io.Reader, encoding string) (plain io.Reader, free func(), f *failure) {
	switch encoding {
	case "gzip":
		z, ok := gzips.Get().(*gzip.Reader)
		if !ok {
			z = new(gzip.Reader)
		}
		if err := z.Reset(r); err != nil {
			gzips.Put(z)
			return nil, nil, fail(codeInvalidArgument, "the body is not valid gzip: %v", err)
		}
		return z, func() { gzips.Put(z) }, nil
	case "zstd":
		z, ok := zstds.Get().(*zstd.Decoder)
		if !ok {
			var err error
			z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
				zstd.WithDecoderMaxWindow(maxZstdWindow))
			if err != nil {
				return nil, nil, fail(codeInternal, "zstd: %v", err)
			}
		}
		if err := z.Reset(r); err != nil {
			zstds.Put(z)
			return nil, nil, fail(codeInvalidArgument, "the body is not valid zstd: %v", err)
		}
		return z, func() {
			_ = z.Reset(nil) // lets go of the body
			zstds.Put(z)
		}, nil
	default:
		return r, func() {}, nil
	}
}
