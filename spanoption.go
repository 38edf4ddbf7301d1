package clew

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
)

// SpanOption configures a span that is started.
type SpanOption interface{ applySpan(*spanConfig) }

type spanConfig struct {
	spanType  SpanType
	attrs     []attribute.KeyValue
	given     bool           // attrs are the span's, see tracer.Given
	shared    *tracer.Shared // in front of attrs, if given is set; or nil
	tags      []string
	links     []trace.Link
	kind      trace.SpanKind
	startTime time.Time
	under     func(context.Context) context.Context // where the parent is found; nil for the current span
	associate []func(*inherit.Association)          // what the span and its children are told beyond what they inherit
	input     any
	hasInput  bool
	output    any
	hasOutput bool
	capture   ContentCapture // if hasCapture
	newTrace  bool
	noInput   bool
	noOutput  bool

	hasCapture bool

	formatInput, formatOutput func(any) any // nil to record as it is
}

// plainSpan is a span without options. It is shared and never changed.
var plainSpan = &spanConfig{spanType: DEFAULT}

func newSpanConfig(opts []SpanOption) *spanConfig {
	if len(opts) == 0 {
		return plainSpan
	}
	return new(spanConfig).fill(opts)
}

func (c *spanConfig) fill(opts []SpanOption) *spanConfig {
	*c = *plainSpan
	for _, o := range opts {
		switch o := o.(type) {
		case nil:
		case tracer.Given:
			c.give(o.GiveAttributes())
		default:
			o.applySpan(c)
		}
	}
	return c
}

// spanConfigs are those of starts that are over; nobody keeps one.
var spanConfigs = sync.Pool{New: func() any { return new(spanConfig) }}

// borrowSpanConfig is newSpanConfig for a caller who gives it back.
func borrowSpanConfig(opts []SpanOption) *spanConfig {
	if len(opts) == 0 {
		return plainSpan
	}
	return spanConfigs.Get().(*spanConfig).fill(opts)
}

func (c *spanConfig) giveBack() {
	if c != plainSpan {
		*c = spanConfig{} // what it points to is the user's
		spanConfigs.Put(c)
	}
}

// SpanType says what a span stands for. The constants are SpanOptions: clew.Start(ctx, "search", clew.TOOL). A type of
// one's own is sent as it is; servers that do not know it show it as DEFAULT.
type SpanType string

// The span types that Laminar's servers know.
const (
	DEFAULT   SpanType = "DEFAULT"
	LLM       SpanType = "LLM"
	TOOL      SpanType = "TOOL"
	EXECUTOR  SpanType = "EXECUTOR"
	PIPELINE  SpanType = "PIPELINE"
	EVALUATOR SpanType = "EVALUATOR"
	//lint:ignore ST1003 the types have their names on the wire
	HUMAN_EVALUATOR SpanType = "HUMAN_EVALUATOR"
	EVALUATION      SpanType = "EVALUATION"
	CACHED          SpanType = "CACHED"
)

func (t SpanType) applySpan(c *spanConfig) { c.spanType = t }

type spanOption func(*spanConfig)

func (f spanOption) applySpan(c *spanConfig) { f(c) }

// Input is the span's input, see Span.SetInput. It wins over the argument that Func records.
func Input(v any) SpanOption {
	return spanOption(func(c *spanConfig) { c.input, c.hasInput = v, true })
}

// Output is the span's output where it is known before the work is done, such as a cached answer; see Span.SetOutput. It
// wins over the result that Observe and Func record.
func Output(v any) SpanOption {
	return spanOption(func(c *spanConfig) { c.output, c.hasOutput = v, true })
}

// Tags are labels of this span alone; children do not inherit them.
func Tags(tags ...string) SpanOption {
	return spanOption(func(c *spanConfig) { c.tags = append(c.tags, tags...) })
}

// Attr sets attributes at the start of the span, where a sampler sees them.
func Attr(kv ...attribute.KeyValue) SpanOption {
	return attrOption(kv)
}

type attrOption []attribute.KeyValue

func (o attrOption) applySpan(c *spanConfig) {
	if c.attrs == nil && c.shared == nil {
		c.attrs = slices.Clip(o) // the span copies them
		return
	}
	c.attrs, c.given, c.shared = append(c.explicit(), o...), false, nil
}

func (c *spanConfig) give(shared *tracer.Shared, attrs []attribute.KeyValue) {
	if c.attrs == nil && c.shared == nil {
		c.attrs, c.given, c.shared = attrs, true, shared
		return
	}
	c.attrs, c.given, c.shared = slices.Concat(c.explicit(), shared.List(), attrs), false, nil
}

// explicit is all that the span is started with.
func (c *spanConfig) explicit() []attribute.KeyValue { return c.shared.With(c.attrs) }

// StartTime is when the work began, if that was before the call. The zero time stands for now.
func StartTime(t time.Time) SpanOption {
	return spanOption(func(c *spanConfig) { c.startTime = t })
}

// Parent continues a serialized span context, as Continue does. Without a usable one the span's parent is the current
// span, or with NewTrace none.
func Parent(serialized string) SpanOption {
	return spanOption(func(c *spanConfig) {
		c.under = func(ctx context.Context) context.Context { return Continue(ctx, serialized) }
	})
}

// ParentSpan makes the span a child of s instead of the current span; see WithSpan for what it inherits. It may have
// ended. nil is ignored.
func ParentSpan(s *Span) SpanOption {
	return spanOption(func(c *spanConfig) {
		c.under = func(ctx context.Context) context.Context { return WithSpan(ctx, s) }
	})
}

// ParentContext makes the span a child of a span of which only the span context is known. One that is not valid is
// ignored.
func ParentContext(sc trace.SpanContext) SpanOption {
	return spanOption(func(c *spanConfig) {
		c.under = func(ctx context.Context) context.Context {
			if !sc.IsValid() {
				return ctx
			}
			return trace.ContextWithSpanContext(ctx, sc)
		}
	})
}

// Session puts the span and everything started under it into a session, as WithSession does.
func Session(id string, attrs ...attribute.KeyValue) SpanOption {
	return associateOption(sayingSession(id, attrs))
}

// User names the user whom the span and everything started under it is for, as WithUser does.
func User(id string) SpanOption {
	return associateOption(func(a *inherit.Association) { a.User = id })
}

// Metadata adds metadata to the span and everything started under it, as WithMetadata does.
func Metadata(kv ...attribute.KeyValue) SpanOption {
	return associateOption(func(a *inherit.Association) { a.Metadata = inherit.Merge(a.Metadata, kv) })
}

func associateOption(say func(*inherit.Association)) SpanOption {
	return spanOption(func(c *spanConfig) { c.associate = append(c.associate, say) })
}

// Kind is OpenTelemetry's span kind; the default is internal.
func Kind(kind trace.SpanKind) SpanOption {
	return kindOption(kind)
}

type kindOption trace.SpanKind

func (o kindOption) applySpan(c *spanConfig) { c.kind = trace.SpanKind(o) }

// Links are other spans this one has to do with.
func Links(links ...trace.Link) SpanOption {
	return spanOption(func(c *spanConfig) { c.links = append(c.links, links...) })
}

// newTraceOption is both a SpanOption and an ExtractOption.
type newTraceOption struct{}

func (newTraceOption) applySpan(c *spanConfig)       { c.newTrace = true }
func (newTraceOption) applyExtract(c *extractConfig) { c.trust.NewTrace = true }

// NewTrace leaves the current span out of account: on Start the span begins a new trace, or continues the Parent that
// is given beside it; on Continue and Extract a context that cannot be used makes the next span begin a new trace.
// Session, user and metadata stay.
var NewTrace newTraceOption

type noOption byte

const (
	// NoInput leaves the span without an input: neither Func nor Input nor SetInput records one.
	NoInput noOption = iota
	// NoOutput leaves the span without an output: neither Func nor Observe nor SetOutput records one.
	NoOutput
)

func (o noOption) applySpan(c *spanConfig) {
	switch o {
	case NoInput:
		c.noInput = true
	case NoOutput:
		c.noOutput = true
	}
}
