// Package otlp sends one trace through OpenTelemetry's published exporters for
// Go, Node and Python to a running clew, over every protocol and with and
// without compression, and reads it back through the API.
package otlp
