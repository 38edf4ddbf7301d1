package inherit

import (
	"go.opentelemetry.io/otel/trace"
)

// SpanUUID writes a span id as Laminar does: zero-padded to 16 bytes, as a lower-case UUID.
func SpanUUID(id trace.SpanID) string {
	var b [36]byte
	return string(AppendSpanUUID(b[:0], id))
}

// AppendSpanUUID appends what SpanUUID returns.
func AppendSpanUUID(b []byte, id trace.SpanID) []byte {
	b = append(b, "00000000-0000-0000-xxxx-xxxxxxxxxxxx"...)
	u := b[len(b)-17:]
	putHex(u[0:4], id[0:2])
	putHex(u[5:17], id[2:8])
	return b
}

// AppendTraceUUID appends a trace id as a lower-case UUID.
func AppendTraceUUID(b []byte, id trace.TraceID) []byte {
	b = append(b, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"...)
	u := b[len(b)-36:]
	putHex(u[0:8], id[0:4])
	putHex(u[9:13], id[4:6])
	putHex(u[14:18], id[6:8])
	putHex(u[19:23], id[8:10])
	putHex(u[24:36], id[10:16])
	return b
}

func putHex(dst, src []byte) {
	const digits = "0123456789abcdef"
	for i, c := range src {
		dst[2*i+1] = digits[c&15]
		dst[2*i] = digits[c>>4]
	}
}
