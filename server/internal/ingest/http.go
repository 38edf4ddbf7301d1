package ingest

import (
	"mime"
	"net/http"
	"strconv"
	"time"
)

// Content types of OTLP/HTTP.
const (
	typeProto = "application/x-protobuf"
	typeJSON  = "application/json"
)

// httpHandler serves one signal over OTLP/HTTP.
func (in *Ingest) httpHandler(s signal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		contentType, decode, f := s.negotiate(r)
		transport := "http_protobuf"
		if contentType == typeJSON {
			transport = "http_json"
		}
		var a answer
		if f == nil {
			a, f = in.receive(w, r, s, transport, decode)
		}
		if f != nil {
			in.metrics.answered(s.name, transport, f)
			writeFailure(w, contentType, f)
			return
		}
		in.metrics.answered(s.name, transport, nil)
		body := a.proto()
		if contentType == typeJSON {
			body = a.json(s.rejects)
		}
		write(w, contentType, http.StatusOK, body)
	})
}

// negotiate returns the content type of request and answer, and its decoder.
// With a failure the type is that of the answer.
func (s signal) negotiate(r *http.Request) (string, func(*batch, []byte) error, *failure) {
	if r.Method != http.MethodPost {
		return typeJSON, nil, &failure{code: codeUnimplemented, message: r.Method + " is not supported here; use POST", method: true}
	}
	sent := r.Header.Get("Content-Type")
	mediaType, _, err := mime.ParseMediaType(sent)
	if err != nil {
		mediaType = ""
	}
	contentType, decode := typeProto, s.proto
	switch mediaType {
	case typeProto, "application/protobuf":
	case typeJSON:
		contentType, decode = typeJSON, s.json
	default:
		return typeJSON, nil, fail(codeUnimplemented, "content type %.80q is not supported; send %s or %s", sent, typeProto, typeJSON)
	}
	return contentType, decode, nil
}

// receive reads and processes a body.
func (in *Ingest) receive(w http.ResponseWriter, r *http.Request, s signal, transport string, decode func(*batch, []byte) error) (answer, *failure) {
	encoding, ok := canonicalEncoding(r.Header.Get("Content-Encoding"))
	if !ok {
		return answer{}, fail(codeUnimplemented, "content encoding %.80q is not supported; send one of %s", encoding, encodings)
	}
	if r.ContentLength > in.maxBody {
		f := tooLarge(in.maxBody)
		f.closing = true
		return answer{}, f
	}
	h := in.budget.open()
	src := in.newSource(w, r)
	body, f := in.readBody(src, src, encoding, r.ContentLength, h)
	if f != nil {
		h.release()
		if !f.closing && r.Header.Get("Expect") == "" { // who asks before sending waits for the answer
			src.drain()
		}
		src.done()
		return answer{}, f
	}
	src.done()
	return in.process(r.Context(), s, transport, decode, body, h)
}

// writeFailure answers with a google.rpc.Status.
func writeFailure(w http.ResponseWriter, contentType string, f *failure) {
	status := httpStatus[f.code]
	if f.method {
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", http.MethodPost)
	}
	if status == http.StatusUnsupportedMediaType {
		w.Header().Set("Accept-Encoding", encodings)
	}
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(f.retry, time.Second)/time.Second)))
	}
	if f.closing {
		w.Header().Set("Connection", "close")
	}
	body := f.proto()
	if contentType == typeJSON {
		body = f.json()
	}
	write(w, contentType, status, body)
}

func write(w http.ResponseWriter, contentType string, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the sender is gone: nobody is left to tell
}
