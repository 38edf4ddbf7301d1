package clewhttp

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// recorder notes the status of a response.
type recorder struct {
	http.ResponseWriter
	status   int // the first final status; 0 before it is written
	hijacked bool
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	final := status >= 200 || status == http.StatusSwitchingProtocols
	if r.status == 0 && final {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote()
	return r.ResponseWriter.Write(b)
}

func (r *recorder) wrote() {
	if r.status == 0 {
		r.status = http.StatusOK
	}
}

// wrap returns r with the optional interfaces that the writer beneath has, because much code still asks for them by
// type assertion: HTTP/1 can flush and hijack, HTTP/2 can flush.
func (r *recorder) wrap() http.ResponseWriter {
	_, flushes := r.ResponseWriter.(http.Flusher)
	_, hijacks := r.ResponseWriter.(http.Hijacker)
	switch {
	case flushes && hijacks:
		return hijackRecorder{flushRecorder{r}}
	case flushes:
		return flushRecorder{r}
	}
	return r
}

type flushRecorder struct{ *recorder }

func (r flushRecorder) Flush() {
	r.wrote()
	r.ResponseWriter.(http.Flusher).Flush()
}

// FlushError is what http.ResponseController asks for first.
func (r flushRecorder) FlushError() error {
	r.wrote()
	return http.NewResponseController(r.ResponseWriter).Flush()
}

type hijackRecorder struct{ flushRecorder }

func (r hijackRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := r.ResponseWriter.(http.Hijacker).Hijack()
	r.hijacked = r.hijacked || err == nil
	return conn, rw, err
}

// ReadFrom keeps the server's use of sendfile.
func (r hijackRecorder) ReadFrom(src io.Reader) (int64, error) {
	r.wrote()
	return io.Copy(r.ResponseWriter, src)
}
