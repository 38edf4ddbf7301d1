package clewhttp

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Handler runs h inside a server span that continues the request's trace. A status of 500 or more makes the span an
// error; a panic is recorded and goes on.
//
// The ResponseWriter that h gets can flush and hijack, directly and through http.ResponseController, if the server's
// can.
func Handler(h http.Handler, opts ...HandlerOption) http.Handler {
	var c handlerConfig
	for _, o := range opts {
		if o != nil {
			o.applyHandler(&c)
		}
	}
	if h == nil {
		h = http.DefaultServeMux
	}
	return &handler{next: h, config: c}
}

type handler struct {
	next   http.Handler
	config handlerConfig
	kinds  kinds
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	extract := h.config.extract
	if h.config.policy != nil {
		extract = append(slices.Clip(extract), h.config.policy(r))
	}
	ctx := clew.Extract(r.Context(), propagation.HeaderCarrier(r.Header), extract...)
	if h.config.skip != nil && h.config.skip(r) {
		h.next.ServeHTTP(w, r.WithContext(ctx))
		return
	}

	pattern := h.route(r)
	kind := h.kinds.of(traits{
		method: r.Method, route: pattern, host: r.Host, scheme: scheme(r), major: r.ProtoMajor, minor: r.ProtoMinor,
	})
	g := &given{shared: kind.shared}
	g.attrs = appendRequest(g.room[:0], r)
	ctx, span := clew.Start(ctx, kind.name, clew.Kind(trace.SpanKindServer), g)
	rec := &recorder{ResponseWriter: w}
	inner := r.WithContext(ctx)

	defer func() {
		p := recover()
		if pattern == "" && inner.Pattern != "" {
			if found := route(inner.Pattern); found != "" { // a mux further in decided
				span.SetName(kind.name + " " + found)
				span.SetAttributes(keyRoute.String(found))
			}
		}
		finish(span, rec, p)
		span.End()
		if p != nil {
			panic(p)
		}
	}()
	h.next.ServeHTTP(rec.wrap(), inner)
}

// route asks the mux before the span starts, so that samplers and the paths of children know the route too.
func (h *handler) route(r *http.Request) string {
	if r.Pattern != "" {
		return route(r.Pattern) // a mux further out decided
	}
	if mux, ok := h.next.(*http.ServeMux); ok {
		_, pattern := mux.Handler(r)
		return route(pattern)
	}
	return ""
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// appendRequest appends what is a request's own.
func appendRequest(attrs []attribute.KeyValue, r *http.Request) []attribute.KeyValue {
	if r.URL != nil {
		attrs = append(attrs, keyURLPath.String(cut(r.URL.Path)))
	}
	if agents := r.Header["User-Agent"]; len(agents) > 0 && agents[0] != "" {
		attrs = append(attrs, keyUserAgent.String(cut(agents[0])))
	}
	return attrs
}

func finish(span *clew.Span, rec *recorder, panicked any) {
	status := rec.status
	switch {
	case panicked != nil:
		err, ok := panicked.(error)
		if ok && errors.Is(err, http.ErrAbortHandler) {
			span.AddEvent("http.response.aborted") // how a handler ends a response it cannot finish; not a failure
		} else {
			span.RecordPanic(panicked)
		}
		if status == 0 {
			return // nothing was sent
		}
	case status == 0 && !rec.hijacked:
		status = http.StatusOK
	}
	if status == 0 {
		return
	}
	span.SetAttributes(keyStatus.Int(status))
	if status >= 500 && panicked == nil {
		span.SetAttributes(keyErrorType.String(strconv.Itoa(status)))
		span.OTel().SetStatus(codes.Error, http.StatusText(status))
	}
}
