package clewmcp

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// Carrier is a carrier over the _meta of a request. It finds names in any case and leaves values alone that are not
// strings.
type Carrier map[string]any

var _ propagation.TextMapCarrier = Carrier{}

// Get returns the value of key, or "". The exact spelling wins over others.
func (c Carrier) Get(key string) string {
	if v, ok := c[key].(string); ok {
		return v
	}
	var found, value string // of several spellings the first in order, so that the answer is always the same
	for name, v := range c {
		if len(name) == len(key) && strings.EqualFold(name, key) && (value == "" || name < found) {
			if s, ok := v.(string); ok && s != "" {
				found, value = name, s
			}
		}
	}
	return value
}

// Set replaces the value of key in every spelling.
func (c Carrier) Set(key, value string) {
	if c == nil {
		return
	}
	c.remove(key)
	c[key] = value
}

// Keys returns the names in no particular order.
func (c Carrier) Keys() []string { return slices.Collect(maps.Keys(c)) }

func (c Carrier) remove(key string) {
	maps.DeleteFunc(c, func(name string, _ any) bool { return strings.EqualFold(name, key) })
}

// injected returns a request like req with the current span in its _meta, in place of what was there in any format. The
// caller's params stay as they are: they may be in use by another call.
func injected(ctx context.Context, req mcp.Request, share bool) mcp.Request {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return req
	}
	params := copied(req.GetParams())
	meta := maps.Clone(params.GetMeta())
	if meta == nil {
		meta = map[string]any{}
	}
	for _, field := range clew.ContextFields() {
		Carrier(meta).remove(field)
	}
	if share {
		clew.Inject(ctx, Carrier(meta))
	} else {
		clew.InjectIDs(ctx, Carrier(meta))
	}
	params.SetMeta(meta)
	return withParams(req, params)
}

// withParams returns a shallow copy of a request with other params. There is a type for every kind of params.
func withParams(req mcp.Request, params mcp.Params) mcp.Request {
	v := reflect.ValueOf(req)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return req
	}
	out := reflect.New(v.Elem().Type())
	out.Elem().Set(v.Elem())
	field := out.Elem().FieldByName("Params")
	if !field.IsValid() || !reflect.TypeOf(params).AssignableTo(field.Type()) {
		return req
	}
	field.Set(reflect.ValueOf(params))
	if r, ok := out.Interface().(mcp.Request); ok {
		return r
	}
	return req
}

// copied returns a shallow copy. Methods that take no params may be called without any, and then get empty ones.
func copied(params mcp.Params) mcp.Params {
	v := reflect.ValueOf(params)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return &mcp.PingParams{}
	}
	out := reflect.New(v.Elem().Type())
	out.Elem().Set(v.Elem())
	if p, ok := out.Interface().(mcp.Params); ok {
		return p
	}
	return params
}

// received returns ctx continuing what the request names, and whether that was found.
func received(ctx context.Context, req mcp.Request, opts []clew.ExtractOption) (out context.Context, found bool) {
	around := trace.SpanContextFromContext(ctx)
	continues := func(carrier propagation.TextMapCarrier) bool {
		out = clew.Extract(ctx, carrier, opts...)
		sc := trace.SpanContextFromContext(out)
		return sc.IsValid() && !sc.Equal(around)
	}
	var meta Carrier
	if params := reflect.ValueOf(req.GetParams()); params.Kind() == reflect.Pointer && !params.IsNil() {
		meta = req.GetParams().GetMeta()
	}
	if continues(meta) {
		return out, true
	}
	if extra := req.GetExtra(); extra != nil && extra.Header != nil {
		first := out
		if continues(propagators.Header(extra.Header)) {
			return out, true
		}
		if slices.ContainsFunc(clew.ContextFields(), func(field string) bool { return meta.Get(field) != "" }) {
			return first, false // it knows why what _meta says is not continued
		}
	}
	return out, false
}

// ended reports whether the current span is over: a session's context keeps the span of the request that opened it.
func ended(ctx context.Context) bool {
	span := trace.SpanFromContext(ctx)
	sc := span.SpanContext()
	return sc.IsValid() && !sc.IsRemote() && sc.IsSampled() && !span.IsRecording()
}
