package clew

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/export"
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
