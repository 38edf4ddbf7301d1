// Package clewgin connects traces in servers built with github.com/gin-gonic/gin.
//
//	router := gin.New()
//	router.Use(clewgin.Middleware(), gin.Recovery())
//
// It is clewhttp.Handler as a middleware, with its options, attributes and trust in what it receives, and with Gin's
// route in the name of the span ("GET /users/:id"). Handlers find the span in the request's context:
//
//	func user(c *gin.Context) {
//		ctx, span := clew.Start(c.Request.Context(), "load user")
//
// Writers are passed through, so streams, server-sent events and upgraded connections are what they were.
package clewgin

import (
	"bufio"
	"context"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// Middleware runs the handlers after it inside a server span that continues the request's trace. Of the errors that
// handlers leave in the gin.Context the last one is recorded if the status is 500 or more.
func Middleware(opts ...clewhttp.HandlerOption) gin.HandlerFunc {
	handler := clewhttp.Handler(http.HandlerFunc(rest), opts...)
	return func(c *gin.Context) {
		outer, writer := c.Request, c.Writer
		defer func() { c.Request, c.Writer = outer, writer }()
		r := c.Request.WithContext(context.WithValue(c.Request.Context(), ginKey{}, c))
		r.Pattern = c.FullPath()
		handler.ServeHTTP(c.Writer, r)
	}
}

// ginKey is where rest finds the gin.Context.
type ginKey struct{}

// rest runs the handlers after the middleware. They write to Gin's own writer; w is told the status.
func rest(w http.ResponseWriter, r *http.Request) {
	c, ok := r.Context().Value(ginKey{}).(*gin.Context)
	if !ok {
		return
	}
	own := &responseWriter{ResponseWriter: c.Writer, outer: w}
	c.Request, c.Writer = r, own
	c.Next()
	if own.hijacked {
		return
	}
	status := c.Writer.Status()
	if last := c.Errors.Last(); last != nil && status >= 500 {
		clew.CurrentSpan(r.Context()).RecordError(last.Err)
	}
	w.WriteHeader(status) // writes nothing: Gin keeps the status until the response begins
}

// responseWriter is Gin's, and tells when the connection is taken over.
type responseWriter struct {
	gin.ResponseWriter
	outer    http.ResponseWriter
	hijacked bool
}

// Unwrap is for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacker, ok := w.outer.(http.Hijacker) // Gin's again, by way of the one that records
	if !ok {
		return w.ResponseWriter.Hijack()
	}
	conn, rw, err := hijacker.Hijack()
	w.hijacked = w.hijacked || err == nil
	return conn, rw, err
}
