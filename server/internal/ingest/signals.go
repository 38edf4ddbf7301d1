package ingest

// signal is one kind of telemetry: where it is received and what becomes of it.
type signal struct {
	name    string
	path    string // OTLP/HTTP
	rpc     string // OTLP/gRPC
	noun    string // of one request's items, in messages
	rejects string // the partial success's counter in OTLP/JSON

	// decoders of a body. nil: the signal is accepted and dropped.
	proto, json func(b *batch, body []byte) error
}

// signals is the table of what is received.
var signals = []signal{
	{
		name:    "traces",
		path:    "/v1/traces",
		rpc:     "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		noun:    "spans",
		rejects: "rejectedSpans",
		proto:   protoTraces,
		json:    jsonTraces,
	},
	{
		name:    "logs",
		path:    "/v1/logs",
		rpc:     "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
		noun:    "log records",
		rejects: "rejectedLogRecords",
		proto:   protoLogs,
		json:    jsonLogs,
	},
	{
		name:    "metrics",
		path:    "/v1/metrics",
		rpc:     "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
		noun:    "data points",
		rejects: "rejectedDataPoints",
	},
}

// metricsNotice answers a signal without decoders.
const metricsNotice = "metrics are accepted and not kept: this server stores traces"
