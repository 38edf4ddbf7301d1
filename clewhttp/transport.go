package clewhttp

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// Transport sends requests through base with the current trace in their headers, each inside a client span. A nil base
// is http.DefaultTransport. The request itself is not changed, so a redirect to another host is judged anew. Headers that
// name another span, because a proxy passes them on, are not sent.
//
// A span ends with the response body, so bodies must be closed, as net/http demands anyway.
func Transport(base http.RoundTripper, opts ...TransportOption) http.RoundTripper {
	var c transportConfig
	for _, o := range opts {
		if o != nil {
			o.applyTransport(&c)
		}
	}
	return &transport{base: base, config: c}
}

type transport struct {
	base   http.RoundTripper
	config transportConfig
	kinds  kinds
}

func (t *transport) next() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r == nil || r.URL == nil {
		return t.next().RoundTrip(r) // it has the right error, and closes the body
	}
	ctx := r.Context()
	var span *clew.Span
	if t.config.skip == nil || !t.config.skip(r) {
		kind := t.kinds.of(traits{method: r.Method, host: r.URL.Host, scheme: r.URL.Scheme, client: true})
		g := &given{shared: kind.shared}
		g.attrs = append(g.room[:0], keyURLFull.String(fullURL(r.URL)))
		ctx, span = clew.Start(ctx, kind.name, clew.Kind(trace.SpanKindClient), g)
	}

	out := outgoing(ctx, r)
	headers := &fresh{Header: propagators.Header(out.Header)}
	if t.config.allowed(r.URL.Host) {
		clew.Inject(ctx, headers)
	} else {
		clew.InjectIDs(ctx, headers)
	}
	resp, err := t.next().RoundTrip(out)
	if span == nil {
		return resp, err
	}
	if err != nil || resp == nil {
		span.EndErr(&err)
		return resp, err
	}
	setResponse(span, resp)
	if resp.Body == nil || resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols {
		span.End() // of an upgraded connection the body is the connection, and must stay what it is
	} else {
		resp.Body = &body{ReadCloser: resp.Body, span: span}
	}
	return resp, nil
}

// outgoing is r in ctx, with headers of its own. If ctx has a span, headers that name another one are left out.
func outgoing(ctx context.Context, r *http.Request) *http.Request {
	out := r.WithContext(ctx)
	out.Header = make(http.Header, len(r.Header)+2)
	inside := trace.SpanContextFromContext(ctx).IsValid()
	for name, values := range r.Header {
		if !inside || spanHeader(name) == "" {
			out.Header[name] = slices.Clip(values) // so that what the next transport adds is not added to r
		}
	}
	return out
}

// spanHeader returns the usual spelling of a header that names a span, in any format, or "". A proxy passes on what it got in
// them; beside the current span that would be a second opinion about the parent, and no business of a host that may not
// learn it.
func spanHeader(name string) string {
	if len(name) < len(spanHeaders) {
		for _, h := range spanHeaders[len(name)] {
			if h.lower == name || strings.EqualFold(h.usual, name) {
				return h.usual
			}
		}
	}
	return ""
}

type spelling struct{ usual, lower string }

// spanHeaders are by the length of their names.
var spanHeaders = func() (out [32][]spelling) {
	for _, f := range propagators.Formats {
		for _, name := range f.Fields {
			if !f.NoSpan {
				out[len(name)] = append(out[len(name)], spelling{http.CanonicalHeaderKey(name), name})
			}
		}
	}
	return out
}()

// fresh is a carrier over headers in which no span is named, so that none has to be looked for.
type fresh struct {
	propagators.Header
	room [2]string // for the values that are written by default
	used int
}

func (f *fresh) Set(key, value string) {
	name := spanHeader(key)
	switch {
	case name == "":
		f.Header.Set(key, value)
	case f.used < len(f.room):
		values := f.room[f.used : f.used+1 : f.used+1]
		values[0] = value
		f.Header[name] = values
		f.used++
	default:
		f.Header[name] = []string{value}
	}
}

func setResponse(span *clew.Span, resp *http.Response) {
	var room [3]attribute.KeyValue
	attrs := append(room[:0], keyStatus.Int(resp.StatusCode))
	if resp.ProtoMajor > 0 {
		attrs = append(attrs, protocol(resp.ProtoMajor, resp.ProtoMinor))
	}
	if resp.StatusCode >= 400 {
		attrs = append(attrs, keyErrorType.String(strconv.Itoa(resp.StatusCode)))
		span.OTel().SetStatus(codes.Error, http.StatusText(resp.StatusCode))
	}
	span.SetAttributes(attrs...)
}

// body ends the span when the response is over.
type body struct {
	io.ReadCloser
	span *clew.Span
	once sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch err {
	case nil:
	case io.EOF:
		b.end(nil)
	default:
		b.end(err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.end(nil)
	return err
}

func (b *body) end(err error) {
	b.once.Do(func() { b.span.EndErr(&err) })
}
