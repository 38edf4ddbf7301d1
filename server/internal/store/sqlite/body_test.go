package sqlite

import (
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

// FuzzBody: damaged bodies are errors, never a panic, and what decodes encodes
// to something that decodes to the same.
func FuzzBody(f *testing.F) {
	s := round(1)[0].Span
	s.Attributes = append(s.Attributes, trace.Attribute{Key: "map", Value: trace.MapValue(trace.Attribute{
		Key: "list", Value: trace.ArrayValue(trace.DoubleValue(0.5), trace.BoolValue(true), trace.BytesValue([]byte{1}), trace.Value{}),
	})})
	s.Events = []trace.Event{{Name: "e", Time: 5, Attributes: s.Attributes[:1]}}
	s.Links = []trace.Link{{TraceID: s.TraceID, SpanID: s.ID}}
	s.Metadata = map[string]any{"a": nil, "b": []any{int64(1), 0.5, "x", true, false}, "c": map[string]any{}}
	var e encoder
	e.body(s)
	f.Add(e.buf)
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		var first trace.Span
		d := decoder{buf: string(data)}
		d.body(&first)
		if d.end() != nil {
			return
		}
		var e1, e2 encoder
		e1.body(&first)
		var second trace.Span
		again := decoder{buf: string(e1.buf)}
		again.body(&second)
		if err := again.end(); err != nil {
			t.Fatalf("what was encoded doesn't decode: %v", err)
		}
		if e2.body(&second); string(e1.buf) != string(e2.buf) {
			t.Errorf("encoded %x, then %x", e1.buf, e2.buf)
		}
	})
}
