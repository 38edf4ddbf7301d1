// Package otlp writes OTLP trace requests as protobuf, straight from spans of OpenTelemetry's SDK or of our own: no
// message types in between, no reflection, no allocation but what reading a span costs.
//
// A request is put together from parts that are encoded once: spans when they end ([AppendSpan]), what they have in
// common when it is first seen ([NewGroup]). [AppendRequest] joins them.
//
// The bytes are those of OpenTelemetry's own exporter; a test of module bench holds every field against it. Text that is
// not UTF-8 has U+FFFD in place of the wrong bytes: protobuf refuses such text, and with it the whole request.
package otlp
