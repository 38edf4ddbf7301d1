package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/clewhq/clew/server/internal/trace"
)

// checkDecoded holds what the store is promised about decoded facts.
func checkDecoded(t *testing.T, b *batch) {
	t.Helper()
	if b.items != len(b.facts)+b.refused+b.dropped {
		t.Fatalf("%d items, but %d facts, %d refused, %d dropped", b.items, len(b.facts), b.refused, b.dropped)
	}
	for _, f := range b.facts {
		s := f.Span
		if s.TraceID.IsZero() || s.ID.IsZero() || s.Start <= 0 || s.Resource == nil || s.Scope == nil || s.Type == "" || s.Service == "" {
			t.Fatalf("fact of kind %d breaks the store's contract: %+v", f.Kind, s)
		}
		if (f.Kind == trace.Happened) != (len(s.Events) == 1 && s.End == 0 && s.Name == "" && f.Kind == trace.Happened) {
			t.Fatalf("event fact has more than its event: %+v", s)
		}
		for _, text := range []string{s.Name, s.TraceState, s.Service, s.Session, s.StatusMessage} {
			if !utf8.ValidString(text) {
				t.Fatalf("%q is not UTF-8", text)
			}
		}
		for _, a := range s.Attributes {
			if !utf8.ValidString(a.Key) || !a.Value.ValidUTF8() {
				t.Fatalf("attribute %q is not UTF-8", a.Key)
			}
		}
		if _, err := json.Marshal(s.Attributes); err != nil {
			t.Fatal(err)
		}
	}
}

// boundedBatch has little memory, so that the fuzzer finds what isn't charged.
func boundedBatch() *batch {
	b := newBatch()
	h := newBudget(8 << 20).open()
	b.grow = h.grow
	return b
}

func addVectors(f *testing.F, pattern string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatalf("no vectors: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if filepath.Ext(file) == ".json" {
			var v struct{ Decoded json.RawMessage }
			if err := json.Unmarshal(data, &v); err != nil {
				f.Fatal(err)
			}
			data = v.Decoded
		}
		if len(data) <= 4<<10 { // larger seeds only slow the fuzzer down
			f.Add(data)
		}
	}
}

func FuzzProtobuf(f *testing.F) {
	addVectors(f, "testdata/laminar/*.bin")
	for _, c := range oddSpans {
		if len(c.proto) < 1<<10 {
			f.Add(export(span(1), c.proto))
		}
	}
	f.Add(protoLog(bytesField(9, testTrace[:]), bytesField(10, spanID(1)), textField(12, "x")))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, decode := range []func(*batch, []byte) error{protoTraces, protoLogs} {
			b := boundedBatch()
			if err := decode(b, data); err == nil {
				checkDecoded(t, b)
			} else if !errors.Is(err, errProto) && !errors.Is(err, errLarge) {
				t.Fatalf("unexpected error %v", err)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	addVectors(f, "testdata/laminar/*.json")
	for _, c := range oddSpans {
		if c.json != nil {
			if data := jsonExport(jsonSpan(1, nil), c.json); len(data) < 1<<12 {
				f.Add(data)
			}
		}
	}
	f.Add([]byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"AAAAAAAAAAAAAAAAAAAAAQ==","spanId":"AAAAAAAAAAE=","body":{"bytesValue":"AQ"}}]}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, decode := range []func(*batch, []byte) error{jsonTraces, jsonLogs} {
			b := boundedBatch()
			if err := decode(b, data); err == nil {
				checkDecoded(t, b)
				if !json.Valid(data) {
					t.Fatalf("%q is accepted and not JSON", data)
				}
			}
		}
	})
}

func FuzzGRPCFrame(f *testing.F) {
	f.Add(frame(0, export(span(1))), "")
	f.Add(frame(1, gzipped(export(span(1)))), "gzip")
	f.Add(frame(1, zstded(export(span(1)))), "zstd")
	f.Add([]byte{0, 0, 0, 0, 0}, "identity")
	in := New(Config{Store: newGate(), MaxBody: 1 << 16, MaxPending: 1 << 20})
	f.Cleanup(func() { _ = in.Close(f.Context()) })
	f.Fuzz(func(t *testing.T, data []byte, header string) {
		encoding, ok := canonicalEncoding(header)
		if !ok {
			return
		}
		h := in.budget.open()
		body, failed := in.readMessage(testSource(bytes.NewReader(data)), encoding, h)
		if failed == nil && len(body) > 1<<16 {
			t.Fatalf("message of %d bytes is over the limit", len(body))
		}
		if failed == nil && data[0] == 0 && !bytes.Equal(body, data[grpcPrefix:]) {
			t.Fatal("an uncompressed message came out changed")
		}
		h.release()
		if n := in.budget.inUse(); n != 0 {
			t.Fatalf("%d bytes are still held", n)
		}
	})
}
