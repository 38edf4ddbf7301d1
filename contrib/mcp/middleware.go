package clewmcp

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Keys of OpenTelemetry's conventions for MCP and generative AI.
const (
	keyMethod     = attribute.Key("mcp.method.name")
	keySession    = attribute.Key("mcp.session.id")
	keyResource   = attribute.Key("mcp.resource.uri")
	keyTool       = attribute.Key("gen_ai.tool.name")
	keyOperation  = attribute.Key("gen_ai.operation.name")
	keyPrompt     = attribute.Key("gen_ai.prompt.name")
	keyStatusCode = attribute.Key("rpc.response.status_code")
	keyErrorType  = attribute.Key("error.type")
)

// maxText bounds what is recorded of a request's own text beside input and output, in bytes.
const maxText = 256

// Sending makes a client span of every request and puts it into the request's _meta.
func Sending(opts ...SendingOption) mcp.Middleware {
	var c config
	for _, o := range opts {
		if o != nil {
			o.applySending(&c)
		}
	}
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if !traced(method) {
				return next(ctx, method, injected(ctx, req, c.share))
			}
			return c.run(ctx, trace.SpanKindClient, method, req, func(ctx context.Context) (mcp.Result, error) {
				return next(ctx, method, injected(ctx, req, c.share))
			})
		}
	}
}

// Receiving makes a server span of every request, in the trace that the request names in any format Clew reads.
func Receiving(opts ...ReceivingOption) mcp.Middleware {
	var c config
	for _, o := range opts {
		if o != nil {
			o.applyReceiving(&c)
		}
	}
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			ctx, found := received(ctx, req, c.extract)
			if !traced(method) {
				return next(ctx, method, req)
			}
			var start []clew.SpanOption
			if !found && ended(ctx) {
				start = append(start, clew.NewTrace)
			}
			return c.run(ctx, trace.SpanKindServer, method, req, func(ctx context.Context) (mcp.Result, error) {
				return next(ctx, method, req)
			}, start...)
		}
	}
}

// traced tells requests from notifications and from the one request that lasts as long as its session.
func traced(method string) bool {
	return !strings.HasPrefix(method, "notifications/") && method != "subscriptions/listen"
}

func (c config) run(
	ctx context.Context, kind trace.SpanKind, method string, req mcp.Request,
	next func(context.Context) (mcp.Result, error), opts ...clew.SpanOption,
) (res mcp.Result, err error) {
	name, about := describe(method, req)
	opts = append(append(append(opts, clew.Kind(kind)), about...), c.span...)
	ctx, span := clew.Start(ctx, name, opts...)
	defer span.EndErr(&err)
	res, err = next(ctx)
	var refused *jsonrpc.Error
	if errors.As(err, &refused) {
		code := strconv.FormatInt(refused.Code, 10)
		span.SetAttributes(keyStatusCode.String(code), keyErrorType.String(code))
	}
	if tool, ok := res.(*mcp.CallToolResult); ok && err == nil && tool != nil {
		finish(span, tool)
	}
	return res, err
}

// describe returns the name of a request's span and what else is known of it.
func describe(method string, req mcp.Request) (name string, opts []clew.SpanOption) {
	attrs := []attribute.KeyValue{keyMethod.String(method)}
	if session := req.GetSession(); session != nil {
		if id := session.ID(); id != "" {
			attrs = append(attrs, keySession.String(cut(id)))
		}
	}
	name = method
	switch p := req.GetParams().(type) {
	case *mcp.CallToolParams:
		if p != nil {
			return tool(method, p.Name, p.Arguments, attrs)
		}
	case *mcp.CallToolParamsRaw:
		if p != nil {
			return tool(method, p.Name, p.Arguments, attrs)
		}
	case *mcp.GetPromptParams:
		if p != nil {
			name += " " + cut(p.Name)
			attrs = append(attrs, keyPrompt.String(cut(p.Name)))
		}
	case *mcp.ReadResourceParams:
		if p != nil {
			attrs = append(attrs, keyResource.String(cut(p.URI)))
		}
	}
	return name, []clew.SpanOption{clew.Attr(attrs...)}
}

func tool(method, name string, arguments any, attrs []attribute.KeyValue) (string, []clew.SpanOption) {
	attrs = append(attrs, keyTool.String(cut(name)), keyOperation.String("execute_tool"))
	return method + " " + cut(name), []clew.SpanOption{clew.TOOL, clew.Attr(attrs...), clew.Input(arguments)}
}

// finish records what a tool answered. A tool's failure is a result with a mark, so that a model can read it.
func finish(span *clew.Span, res *mcp.CallToolResult) {
	text, isText := "", false
	if len(res.Content) == 1 {
		var content *mcp.TextContent
		if content, isText = res.Content[0].(*mcp.TextContent); isText {
			text = content.Text
		}
	}
	switch {
	case res.StructuredContent != nil:
		span.SetOutput(res.StructuredContent)
	case isText:
		span.SetOutput(text)
	default:
		span.SetOutput(res.Content)
	}
	if res.IsError {
		span.SetAttributes(keyErrorType.String("tool_error"))
		span.OTel().SetStatus(codes.Error, cut(text))
	}
}

func cut(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
