package clew

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/export"
	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/redact"
)

// Option configures Setup.
type Option interface{ applySetup(*setupConfig) }

// setupConfig holds what Setup was told; defaults are filled in by its fill method, and nowhere else.
type setupConfig struct {
	serviceName    string
	serviceVersion string
	resource       []attribute.KeyValue
	endpoint       string
	apiKey         string
	headers        map[string]string
	client         *http.Client
	certificate    func() (tls.Certificate, error) // of the option ClientCertificate; nil if there is none
	provider       provider                        // of the option TracerProvider; nil if there is none
	processors     []sdktrace.SpanProcessor
	foreign        func(export.Limits, *slog.Logger) exporter // made of the option Exporter
	sender         RequestSender
	queueSpans     int
	queueBytes     int64
	spool          export.Spool
	heartbeat      time.Duration // of open spans; 0 to send none
	sampler        sdktrace.Sampler
	samplingErr    error
	unsampled      *Unsampled // nil to keep nothing of traces that are not sampled
	logger         *slog.Logger
	formats        []string
	more           []propagators.Format
	share          bool
	capture        ContentCapture
	keepBinary     bool
	redact         redact.Rules
}

func newSetupConfig(opts []Option) *setupConfig {
	var c setupConfig
	for _, o := range opts {
		if o != nil {
			o.applySetup(&c)
		}
	}
	return &c
}

type setupOption func(*setupConfig)

func (f setupOption) applySetup(c *setupConfig) { f(c) }

// ServiceName is the name of this program in traces. The default is OTEL_SERVICE_NAME, or what OTEL_RESOURCE_ATTRIBUTES
// says, or the name of the executable.
func ServiceName(name string) Option {
	return setupOption(func(c *setupConfig) { c.serviceName = name })
}

// ServiceVersion is the version of this program. The default is what OTEL_RESOURCE_ATTRIBUTES says, or BuildRevision.
func ServiceVersion(version string) Option {
	return setupOption(func(c *setupConfig) { c.serviceVersion = version })
}

// ResourceAttributes describe this process further, beside OTEL_RESOURCE_ATTRIBUTES, over which they win; they are sent with
// every span.
func ResourceAttributes(kv ...attribute.KeyValue) Option {
	return setupOption(func(c *setupConfig) { c.resource = append(c.resource, kv...) })
}

// Endpoint is the base URL that spans go to, such as http://127.0.0.1:4318; /v1/traces is added to it unless it has a
// path of its own. The default is OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, then OTEL_EXPORTER_OTLP_ENDPOINT, then
// http://127.0.0.1:4318. One that does not begin with http:// or https://, or has no host, is an error of Setup.
func Endpoint(url string) Option {
	return setupOption(func(c *setupConfig) { c.endpoint = url })
}

// APIKey is sent as bearer token, whatever Headers say. The default is CLEW_KEY.
func APIKey(key string) Option {
	return setupOption(func(c *setupConfig) { c.apiKey = key })
}

// Headers are sent with every export, beside those of OTEL_EXPORTER_OTLP_HEADERS, over which they win. One with a line break
// is an error of Setup.
func Headers(headers map[string]string) Option {
	return setupOption(func(c *setupConfig) { c.headers = headers })
}

// HTTPClient sends the exports, for a proxy or a private certificate authority. The default client follows HTTPS_PROXY and its
// like, and OTEL_EXPORTER_OTLP_CERTIFICATE. Whatever the client, a try takes 10 seconds at most, or OTEL_EXPORTER_OTLP_TIMEOUT.
func HTTPClient(client *http.Client) Option {
	return setupOption(func(c *setupConfig) { c.client = client })
}

// TracerProvider makes Setup use the provider that the program built itself, to which it adds a span processor. Its
// owner shuts it down. Its resource and sampler stay, so options about them have no effect. Without an Exporter option and
// without an endpoint from option or environment nothing is exported beyond what the provider does anyway.
func TracerProvider(tp *sdktrace.TracerProvider) Option {
	return setupOption(func(c *setupConfig) {
		if c.provider = nil; tp != nil { // an interface, so that a program which brings none does not link the SDK's
			c.provider = tp
		}
	})
}

// SpanProcessor adds a processor. It runs after the one that stamps Clew's attributes, so it sees them on start.
func SpanProcessor(p sdktrace.SpanProcessor) Option {
	return setupOption(func(c *setupConfig) {
		if p != nil {
			c.processors = append(c.processors, p)
		}
	})
}

// Exporter replaces Clew's exporter by one of OpenTelemetry's. Spans still go through a batch, bounded by their number
// only and counted in Stats; the spool and SendWith have no effect. For tests that must see a span at once, give
// SpanProcessor(trace.NewSimpleSpanProcessor(e)) and no Exporter.
func Exporter(e sdktrace.SpanExporter) Option {
	return setupOption(func(c *setupConfig) {
		if c.foreign = nil; e != nil {
			// Whoever does not use this shall not link OpenTelemetry's batch processor.
			c.foreign = func(l export.Limits, log *slog.Logger) exporter { return export.NewForeign(e, l, log) }
		}
	})
}

// Sampler decides which traces are recorded. The default follows the caller's decision and records every trace that
// starts here; OTEL_TRACES_SAMPLER changes it.
func Sampler(s sdktrace.Sampler) Option {
	return setupOption(func(c *setupConfig) { c.sampler = s })
}

// Logger receives what Setup has to say. The default is slog.Default().
func Logger(l *slog.Logger) Option {
	return setupOption(func(c *setupConfig) { c.logger = l })
}

// ContextFormats are the formats that Inject and Extract use, by name: see package propagators. The default is
// CLEW_PROPAGATORS, or else MIRASCOPE_PROPAGATOR, or else OTEL_PROPAGATORS. Without any of them all formats are read,
// and W3C's and Laminar's are written. A name that is not known is an error of Setup. Serialize and Continue do not depend
// on it.
func ContextFormats(names ...string) Option {
	return setupOption(func(c *setupConfig) { c.formats = names })
}

// MoreFormats adds context formats that package propagators does not have, such as clewxray.Format of contrib/xray. They
// are read, after the others; they are written as well if ContextFormats or the environment chooses them by name. A name that
// is empty or taken is an error of Setup.
func MoreFormats(formats ...propagators.Format) Option {
	return setupOption(func(c *setupConfig) { c.more = append(c.more, formats...) })
}

// ShareInherited lets the propagator that is registered with OpenTelemetry write session, user, metadata and path too.
// Instrumentations such as otelhttp give it every host a program talks to, strangers among them, so by default it
// writes ids only. Inject, Serialize and clewhttp.Transport do not need it.
func ShareInherited() Option {
	return setupOption(func(c *setupConfig) { c.share = true })
}

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

// UseOption configures UseSpan.
type UseOption interface{ applyUse(*useConfig) }

type useConfig struct{ endOnExit bool }

type useOption byte

// EndOnExit makes UseSpan end the span when the function returns.
const EndOnExit useOption = 0

func (useOption) applyUse(c *useConfig) { c.endOnExit = true }
