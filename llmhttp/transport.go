package llmhttp

import (
	"context"
	"net/http"
)

// Transport returns a transport that records the calls of model providers that base makes; see the package's comment.
// A nil base is http.DefaultTransport.
func Transport(base http.RoundTripper, opts ...Option) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{base: base, config: newConfig(opts)}
}

// Middleware returns the same as Transport for SDKs whose requests go through a chain of functions.
func Middleware(opts ...Option) func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	c := newConfig(opts)
	return func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		return roundTrip(r, next, next, c)
	}
}

type transport struct {
	base   http.RoundTripper
	config *config
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	others := t.base
	if t.config.others != nil {
		others = t.config.others
	}
	return roundTrip(r, t.base.RoundTrip, others.RoundTrip, t.config)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach what is below.
func (t *transport) CloseIdleConnections() {
	for _, rt := range []http.RoundTripper{t.base, t.config.others} {
		if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
			c.CloseIdleConnections()
		}
	}
}

// recorded marks the context of a request that has its span, so that a second layer leaves it alone.
type recorded struct{}

type doFunc = func(*http.Request) (*http.Response, error)

func roundTrip(r *http.Request, next, others doFunc, c *config) (*http.Response, error) {
	p := c.find(r)
	if p == nil && !c.ofProvider(r) {
		return others(r)
	}
	if p == nil || r.Context().Value(recorded{}) != nil {
		return next(r)
	}
	ctx, rec := begin(r, p, c)
	out := r.WithContext(context.WithValue(ctx, recorded{}, true))
	if rec == nil {
		return next(out)
	}
	defer rec.panics()
	rec.watchRequest(out)
	resp, err := next(out)
	if err != nil || resp == nil {
		rec.finish("", err)
		return resp, err
	}
	if resp.Request == out {
		resp.Request = r // whose context is not marked, for callers that go on from there
	}
	rec.watchResponse(resp)
	return resp, nil
}
