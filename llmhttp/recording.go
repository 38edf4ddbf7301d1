package llmhttp

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/llm"
)

// recording is one call from its request to the end of its answer.
type recording struct {
	ctx      context.Context // of the caller
	span     *clew.Span
	provider *provider
	config   *config
	content  bool // is to be recorded
	start    time.Time
	target   *url.URL
	secrets  []string
	encoding string // of the request's body

	resent int      // how often the call was sent before
	before *attempt // the attempt before, if it is known

	mu       sync.Mutex
	done     bool // the span has ended; nothing is kept any more
	call     llm.Call
	asked    bool // the request was read into call
	request  capture
	response capture
	header   http.Header // of the answer
	status   int
	framing  *framing    // of the answer, nil if it comes in one piece
	scan     scanner     // looks for the first generated token; nil when it was seen, or is not looked for
	firstAt  time.Time   // when it was seen
	stop     func() bool // stops waiting for the context
}

// begin starts the span of a call. The recording is nil when the span is not recorded.
func begin(r *http.Request, p *provider, c *config) (context.Context, *recording) {
	rec := &recording{
		ctx: r.Context(), provider: p, config: c, content: c.content, start: time.Now(), target: r.URL,
		request: capture{limit: c.limit}, response: capture{limit: c.limit}, encoding: r.Header.Get("Content-Encoding"),
	}
	rec.call = llm.Call{
		Operation: p.operation, Provider: cmp.Or(c.knownProvider(r.URL), p.vendor),
		ServerAddress: r.URL.Hostname(), ServerPort: port(r),
	}
	if body, ok := replay(r, c.limit); ok {
		rec.request = body
		rec.readRequest()
	} else {
		p.request(&rec.call, r.URL, nil) // what the URL says; the body is read when it was sent
	}
	attrs := append(llm.Attributes(rec.call.WithoutContent()), // what a sampler may want to see
		attribute.String("http.request.method", http.MethodPost), attribute.String("url.full", address(r.URL)))
	opts := append(rec.retryOf(r), clew.LLM, clew.Kind(trace.SpanKindClient), clew.StartTime(rec.start), clew.Attr(attrs...))
	ctx, span := clew.Start(r.Context(), rec.call.SpanName(), opts...)
	if !span.OTel().IsRecording() {
		return ctx, nil
	}
	rec.span = span
	rec.secrets = secrets(r)
	rec.tellRetry()
	if withoutContent(span) {
		rec.content = false
	}
	return ctx, rec
}

func port(r *http.Request) int {
	if n, err := strconv.Atoi(r.URL.Port()); err == nil {
		return n
	}
	if r.URL.Scheme == "http" {
		return 80
	}
	return 443
}

// withoutContent reports whether the trace was asked for without content, as the caller of this process can do.
func withoutContent(span *clew.Span) bool {
	s, ok := span.OTel().(interface{ Attributes() []attribute.KeyValue })
	if !ok {
		return false
	}
	for _, kv := range s.Attributes() {
		if kv.Key == "lmnr.internal.tracing_level" {
			return kv.Value.AsString() == "meta_only"
		}
	}
	return false
}

// replay reads the body of a request that can be read twice, without touching the one that is sent.
func replay(r *http.Request, limit int) (capture, bool) {
	body := capture{limit: limit}
	if r.Body == nil || r.Body == http.NoBody {
		return body, true
	}
	if r.GetBody == nil {
		return body, false
	}
	again, err := r.GetBody()
	if err != nil {
		return body, false
	}
	defer func() { _ = again.Close() }() // it was only read
	return body, body.readFrom(again, r.ContentLength) == nil
}

// panics, called by defer, ends the span when the transport panics, which goes on.
func (rec *recording) panics() {
	if p := recover(); p != nil {
		rec.span.RecordPanic(p)
		rec.finish("", nil)
		panic(p)
	}
}

// watchRequest copies the body while the transport sends it, where it could not be read before.
func (rec *recording) watchRequest(r *http.Request) {
	if !rec.asked {
		r.Body = &requestBody{ReadCloser: r.Body, rec: rec}
	}
}

// readRequest takes what the captured request says. Whoever calls it is alone with rec.
func (rec *recording) readRequest() {
	rec.asked = true
	defer func() {
		if recover() != nil { // a defect of a parser is not to reach the caller
			rec.request.mark = llm.IncompleteUnreadable
		}
	}()
	body, whole := rec.request.decoded(rec.encoding)
	readable := rec.provider.request(&rec.call, rec.target, body)
	switch {
	case !whole:
		rec.request.mark = llm.IncompleteLimit
	case !readable:
		rec.request.mark = llm.IncompleteUnreadable
	}
}
