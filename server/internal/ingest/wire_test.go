package ingest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// OTLP bodies made by hand, so that they can be wrong in every way.

func bytesField(num int, content []byte) []byte { return appendField(nil, num, string(content)) }
func textField(num int, content string) []byte  { return appendField(nil, num, content) }
func varintField(num int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(num)<<3), v)
}
func fixed64Field(num int, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(nil, uint64(num)<<3|1), v)
}
func fixed32Field(num int, v uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.AppendUvarint(nil, uint64(num)<<3|5), v)
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// keyValue is an attribute whose AnyValue has the given fields.
func keyValue(key string, value ...[]byte) []byte {
	return join(textField(1, key), bytesField(2, join(value...)))
}

// Field numbers of a Span.
const (
	fTraceID, fSpanID, fTraceState, fParent, fName, fKind, fStart, fEnd       = 1, 2, 3, 4, 5, 6, 7, 8
	fAttribute, fDroppedAttributes, fEvent, fDroppedEvents, fLink, fDropLinks = 9, 10, 11, 12, 13, 14
	fStatus, fFlags                                                           = 15, 16
)

var testStart = uint64(time.Now().Add(-time.Hour).UnixNano())

// span is a good span number n of trace 1 with fields added; of a field given
// twice the last counts.
func span(n byte, more ...[]byte) []byte {
	return join(append([][]byte{
		bytesField(fTraceID, testTrace[:]),
		bytesField(fSpanID, spanID(n)),
		textField(fName, fmt.Sprintf("span %d", n)),
		fixed64Field(fStart, testStart),
		fixed64Field(fEnd, testStart+1000),
	}, more...)...)
}

var testTrace = trace.TraceID{15: 1}

func spanID(n byte) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, n} }

// export is a whole request of spans of the service "tester".
func export(spans ...[]byte) []byte {
	resource := bytesField(1, bytesField(1, keyValue("service.name", textField(1, "tester"))))
	scope := bytesField(1, join(textField(1, "test"), textField(2, "1")))
	for _, s := range spans {
		scope = append(scope, bytesField(2, s)...)
	}
	return bytesField(1, join(resource, bytesField(2, scope)))
}

// jsonSpan is span in OTLP/JSON; more replaces or adds members.
func jsonSpan(n byte, more map[string]any) map[string]any {
	s := map[string]any{
		"traceId": testTrace.String(), "spanId": trace.SpanID(spanID(n)).String(), "name": fmt.Sprintf("span %d", n),
		"startTimeUnixNano": fmt.Sprint(testStart), "endTimeUnixNano": fmt.Sprint(testStart + 1000),
	}
	for k, v := range more {
		s[k] = v
	}
	return s
}

// jsonExport is export in OTLP/JSON.
func jsonExport(spans ...any) []byte {
	data, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource": map[string]any{"attributes": []any{
			map[string]any{"key": "service.name", "value": map[string]any{"stringValue": "tester"}},
		}},
		"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": "test", "version": "1"}, "spans": spans}},
	}}})
	if err != nil {
		panic(err)
	}
	return data
}

// readStatus decodes a google.rpc.Status.
func readStatus(body []byte) (c code, message string) {
	_ = fields(body, func(f *field) error {
		switch f.FieldNum {
		case 1:
			n, _ := f.Int32()
			c = code(n)
		case 2:
			message = text(f)
		}
		return nil
	})
	return c, message
}

// readAnswer decodes an export response.
func readAnswer(body []byte) (a answer) {
	_ = fields(body, func(f *field) error {
		return message(f, func(src []byte) error {
			return fields(src, func(f *field) error {
				switch f.FieldNum {
				case 1:
					n, _ := f.Int64()
					a.rejected = int(n)
				case 2:
					a.message = text(f)
				}
				return nil
			})
		})
	})
	return a
}

func decimal(t trace.Time) string { return fmt.Sprint(int64(t)) }
