package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/otlp"
)

const (
	contentType = "application/x-protobuf"
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 64 << 10
	// maxQuote is how much of a refusal's text goes into an error.
	maxQuote = 300
)

// HTTP sends requests as OTLP over HTTP.
type HTTP struct {
	URL     string
	Headers map[string]string
	// Client makes the requests; nil for one of our own, which keeps a connection open, heeds the proxy of the environment
	// and uses TLS.
	Client *http.Client
	TLS    *tls.Config
	// Gzip compresses what is sent.
	Gzip bool
	// UserAgent names this SDK.
	UserAgent string

	own  *http.Client
	gzip *gzip.Writer
	room bytes.Buffer
}

// OnLoopback reports whether a URL's host is this machine, where compression costs more than it saves.
func OnLoopback(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}

// Send posts the request.
func (h *HTTP) Send(ctx context.Context, request []byte) error {
	body, err := h.body(request)
	if err != nil {
		return err
	}
	// Whoever instruments the client shall not trace what sends the traces.
	ctx = trace.ContextWithSpanContext(ctx, untraced)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", h.UserAgent)
	for name, value := range h.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", contentType)
	if h.Gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := h.client().Do(r)
	if err != nil {
		return transportError(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode/100 == 2 {
		if err != nil { // it has the spans, or it would have said otherwise
			return &SendError{Err: fmt.Errorf("the answer of %s broke off: %w", h.URL, err), Taken: true}
		}
		return partial(answer.Header.Get("Content-Type"), text)
	}
	return h.refusal(answer, text)
}

// untraced is a parent that is not sampled, which samplers follow.
var untraced = trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 1}})

func (h *HTTP) client() *http.Client {
	if h.Client != nil {
		return h.Client
	}
	if h.own == nil {
		h.own = &http.Client{Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:     h.TLS,
			TLSHandshakeTimeout: 10 * time.Second,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        2,
			IdleConnTimeout:     90 * time.Second,
		}}
	}
	return h.own
}

// body returns what is sent, valid until the next call.
func (h *HTTP) body(request []byte) ([]byte, error) {
	if !h.Gzip {
		return request, nil
	}
	if h.room.Cap() > maxRoom {
		h.room = bytes.Buffer{}
	}
	h.room.Reset()
	if h.gzip == nil {
		w, err := gzip.NewWriterLevel(&h.room, gzip.BestSpeed) // half the time of the default for a third more bytes
		if err != nil {
			return nil, err
		}
		h.gzip = w
	}
	h.gzip.Reset(&h.room)
	if _, err := h.gzip.Write(request); err != nil {
		return nil, err
	}
	if err := h.gzip.Close(); err != nil {
		return nil, err
	}
	return h.room.Bytes(), nil
}

// transportError is about a request that got no answer. All of them are worth another try: the other side may be
// restarting, its name not known yet, its certificate being renewed.
func transportError(err error) error {
	var timeout net.Error
	slow := errors.As(err, &timeout) && timeout.Timeout()
	return &SendError{Err: err, Retry: true, Unreachable: !slow && !errors.Is(err, context.Canceled)}
}

// partial reads the answer of a server that took the spans, or most of them.
func partial(kind string, body []byte) error {
	var rejected int64
	var message string
	var err error
	switch kind, _, _ = strings.Cut(kind, ";"); strings.TrimSpace(kind) {
	case contentType:
		rejected, message, err = otlp.ParseResponse(body)
	case "application/json":
		rejected, message, err = otlp.ParseJSONResponse(body)
	}
	switch {
	case err != nil:
		return &SendError{Err: err, Taken: true}
	case rejected > 0:
		return &SendError{Err: fmt.Errorf("the server refused them: %s", quote(message)), Taken: true, Rejected: int(min(rejected, 1<<30))}
	case message != "":
		return &SendError{Err: errors.New(quote(message)), Taken: true}
	}
	return nil
}

// refusal is about an answer that is no success, with a hint for those that mean a wrong set-up.
func (h *HTTP) refusal(answer *http.Response, text []byte) error {
	e := &SendError{Err: fmt.Errorf("%s answers %s%s%s", h.URL, answer.Status, hints[answer.StatusCode], said(answer, text))}
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Retry, e.After = true, after(answer.Header.Get("Retry-After"), time.Now())
	case http.StatusRequestEntityTooLarge:
		e.TooLarge = true
	}
	return e
}

var hints = map[int]string{
	http.StatusUnauthorized:     " (is the key right? see the option APIKey)",
	http.StatusForbidden:        " (is the key right? see the option APIKey)",
	http.StatusNotFound:         " (OTLP is usually at /v1/traces, see the option Endpoint)",
	http.StatusMethodNotAllowed: " (OTLP is usually at /v1/traces, see the option Endpoint)",
}

// said quotes what a refusal says.
func said(answer *http.Response, text []byte) string {
	message := ""
	if strings.HasPrefix(answer.Header.Get("Content-Type"), contentType) {
		message = otlp.ParseStatus(text)
	} else {
		message = strings.TrimSpace(string(text))
	}
	if message == "" {
		return ""
	}
	return ": " + quote(message)
}

func quote(text string) string {
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + "…"
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

// after reads a Retry-After: seconds, or a date. 0 if it says nothing that can be understood.
func after(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// Close closes the connections of our own client.
func (h *HTTP) Close() error {
	if h.own != nil {
		h.own.CloseIdleConnections()
	}
	return nil
}
