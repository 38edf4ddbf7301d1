// Package clewfiber connects traces in servers built with github.com/gofiber/fiber/v3.
//
//	app := fiber.New()
//	app.Use(clewfiber.Middleware())
//
// It is clewhttp.Handler as a middleware, with its options, attributes and trust in what it receives, and with Fiber's
// route in the name of the span ("GET /users/:id"). Handlers find the span in the fiber.Ctx's context:
//
//	func user(c fiber.Ctx) error {
//		ctx, span := clew.Start(c.Context(), "load user")
//
// Fiber decides the route after the span has started, so paths of spans below it have the method alone. It also writes a
// stream after its handlers are done: the span ends before, and a stream writer needs the context that c.Context()
// returned while its handler ran.
package clewfiber

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v3"

	"github.com/clewhq/clew/clewhttp"
)

// Middleware runs the handlers after it inside a server span that continues the request's trace, and returns their
// error. The recorded status is the one that Fiber's own error handler makes of an error.
func Middleware(opts ...clewhttp.HandlerOption) fiber.Handler {
	handler := clewhttp.Handler(http.HandlerFunc(rest), opts...)
	return func(c fiber.Ctx) error {
		before := c.Context()
		defer c.SetContext(before)
		call := &call{fiber: c}
		handler.ServeHTTP(responseWriter{}, request(context.WithValue(before, callKey{}, call), c))
		return call.err
	}
}

// call is one request on its way through the middleware.
type call struct {
	fiber fiber.Ctx
	err   error
}

type callKey struct{}

// rest runs the handlers after the middleware. They answer through Fiber; w is told the status.
func rest(w http.ResponseWriter, r *http.Request) {
	call, ok := r.Context().Value(callKey{}).(*call)
	if !ok {
		return
	}
	c := call.fiber
	c.SetContext(r.Context())
	call.err = c.Next()
	if c.Matched() {
		r.Pattern = c.FullPath()
	}
	status := c.Response().StatusCode()
	if call.err != nil {
		status = http.StatusInternalServerError
		if known := (*fiber.Error)(nil); errors.As(call.err, &known) {
			status = known.Code
		}
	}
	w.WriteHeader(status)
}

// request is what clewhttp records and reads of a request. Everything in it is a copy: Fiber reuses its own.
func request(ctx context.Context, c fiber.Ctx) *http.Request {
	header := http.Header{}
	for name, value := range c.Request().Header.All() {
		header.Add(string(name), string(value))
	}
	var state *tls.ConnectionState
	if c.RequestCtx().IsTLS() {
		state = c.RequestCtx().TLSConnectionState()
	}
	r := &http.Request{
		Method: string(c.Request().Header.Method()), URL: &url.URL{Path: string(c.Request().URI().Path())}, Header: header,
		Host: string(c.Request().Header.Host()), Proto: string(c.Request().Header.Protocol()), TLS: state,
	}
	if major, minor, ok := http.ParseHTTPVersion(r.Proto); ok {
		r.ProtoMajor, r.ProtoMinor = major, minor
	}
	return r.WithContext(ctx)
}

// responseWriter takes the status and nothing else.
type responseWriter struct{}

func (responseWriter) Header() http.Header         { return http.Header{} }
func (responseWriter) Write(b []byte) (int, error) { return len(b), nil }
func (responseWriter) WriteHeader(int)             {}
