package ingest

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/clewhq/clew/server/internal/trace"
)

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.Bytes()
}

func zstded(data []byte) []byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return z.EncodeAll(data, nil)
}

const protobuf = "application/x-protobuf"

// testMaxBody is the limit of the servers in the tests of what is too large.
const testMaxBody = 4 << 20

func TestBrokenRequestsAreRefusedWholeAndClearly(t *testing.T) {
	good := export(span(1))
	bomb := make([]byte, 32<<20)
	cases := []struct {
		name    string
		body    []byte
		headers []string
		status  int
		message string
	}{
		{"truncated protobuf", good[:len(good)-5], []string{"Content-Type", protobuf}, 400, "not valid protobuf"},
		{"text as protobuf", []byte("hello, world"), []string{"Content-Type", protobuf}, 400, "not valid protobuf"},
		{"JSON as protobuf", jsonExport(jsonSpan(1, nil)), []string{"Content-Type", protobuf}, 400, "not valid protobuf"},
		{"protobuf that is no export request", varintField(3, 7), []string{"Content-Type", protobuf}, 400, "no resource_spans"},
		{"field number zero", join(good, varintField(0, 1)), []string{"Content-Type", protobuf}, 400, "field number 0"},
		{"broken resource", bytesField(1, bytesField(1, []byte{0xff})), []string{"Content-Type", protobuf}, 400, "not valid protobuf"},
		{"protobuf as JSON", good, []string{"Content-Type", "application/json"}, 400, "not valid JSON"},
		{"truncated JSON", jsonExport(jsonSpan(1, nil))[:90], []string{"Content-Type", "application/json"}, 400, "not valid JSON"},
		{"JSON with more behind it", append(jsonExport(jsonSpan(1, nil)), "{}"...), []string{"Content-Type", "application/json"}, 400, "more follows"},
		{"JSON that is no object", []byte(`[]`), []string{"Content-Type", "application/json"}, 400, "want an object"},
		{"JSON that is no export request", []byte(`{"spans":[]}`), []string{"Content-Type", "application/json"}, 400, "no resourceSpans"},
		{"resourceSpans of the wrong type", []byte(`{"resourceSpans":{"a":[1]}}`), []string{"Content-Type", "application/json"}, 400, "want an array"},
		{"empty JSON body", nil, []string{"Content-Type", "application/json"}, 400, "not valid JSON"},
		{"unknown content type", good, []string{"Content-Type", "text/plain"}, 415, `"text/plain" is not supported`},
		{"no content type", good, nil, 415, "is not supported"},
		{"unknown encoding", good, []string{"Content-Type", protobuf, "Content-Encoding", "br"}, 415, "gzip, zstd"},
		{"two encodings", gzipped(good), []string{"Content-Type", protobuf, "Content-Encoding", "gzip, gzip"}, 415, "gzip, zstd"},
		{"not gzip", good, []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}, 400, "not valid gzip"},
		{"truncated gzip", gzipped(good)[:30], []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}, 400, "not valid gzip"},
		{"empty gzip", nil, []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}, 400, "not valid gzip"},
		{"not zstd", good, []string{"Content-Type", protobuf, "Content-Encoding", "zstd"}, 400, "not valid zstd"},
		{"truncated zstd", zstded(good)[:30], []string{"Content-Type", protobuf, "Content-Encoding", "zstd"}, 400, "not valid zstd"},
		{"gzip bomb", gzipped(bomb), []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}, 413, "larger than 4194304 bytes"},
		{"zstd bomb", zstded(bomb), []string{"Content-Type", protobuf, "Content-Encoding", "zstd"}, 413, "larger than 4194304 bytes"},
		{"body over the limit", bomb[:testMaxBody+1], []string{"Content-Type", protobuf}, 413, "larger than 4194304 bytes"},
		{"an array that fills memory when decoded", export(span(1, bytesField(fAttribute, keyValue("k", bytesField(5, bytes.Repeat(bytesField(1, nil), 1<<20)))))), []string{"Content-Type", protobuf}, 413, "send smaller batches"},
	}
	r := newReceiver(t, Config{MaxBody: testMaxBody, MaxPending: 16 << 20})
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			resp, body := r.post(t, "/v1/traces", c.body, c.headers...)
			if resp.StatusCode != c.status {
				t.Errorf("status %d, want %d", resp.StatusCode, c.status)
			}
			var message string
			switch ct := resp.Header.Get("Content-Type"); ct {
			case protobuf:
				_, message = readStatus(body)
			case "application/json":
				var s struct {
					Code    int
					Message string
				}
				if err := json.Unmarshal(body, &s); err != nil || s.Code == 0 {
					t.Errorf("answer %q is no google.rpc.Status: %v", body, err)
				}
				message = s.Message
			default:
				t.Errorf("answer has content type %q", ct)
			}
			if !strings.Contains(message, c.message) {
				t.Errorf("message %q, want one with %q", message, c.message)
			}
			if n := len(r.spans(t, testTrace)); n != i {
				t.Errorf("%d spans are stored, want the %d of the neighbours", n, i)
			}
			r.mustTakeGood(t, byte(i+1))
		})
	}
	if n := r.budget.inUse(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

// mustTakeGood sends a good span after whatever came before it.
func (r *receiver) mustTakeGood(t *testing.T, n byte) {
	t.Helper()
	resp, body := r.post(t, "/v1/traces", export(span(n)), "Content-Type", protobuf)
	if resp.StatusCode != http.StatusOK || len(body) != 0 {
		t.Errorf("the good request after it: status %d, answer %q", resp.StatusCode, body)
	}
}

func TestAnUnannouncedBodyOverTheLimitIsRefused(t *testing.T) {
	r := newReceiver(t, Config{MaxBody: testMaxBody})
	// An io.MultiReader hides the length, so the body goes in chunks.
	body := io.MultiReader(bytes.NewReader(make([]byte, testMaxBody+1)))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/v1/traces", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", protobuf)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", resp.StatusCode)
	}
	r.mustTakeGood(t, 1)
}

func TestOtherMethodsAreRefused(t *testing.T) {
	r := newReceiver(t, Config{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.url+"/v1/traces", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", protobuf)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
		t.Errorf("status %d, Allow %q; want 405 and POST", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

// nested is an AnyValue of n arrays in each other.
func nested(n int) []byte {
	v := textField(1, "deep")
	for range n {
		v = bytesField(5, bytesField(1, v))
	}
	return v
}

func nestedJSON(n int) any {
	v := map[string]any{"stringValue": "deep"}
	for range n {
		v = map[string]any{"arrayValue": map[string]any{"values": []any{v}}}
	}
	return v
}

// oddSpan is a span that is wrong in one way, in protobuf and in JSON.
type oddSpan struct {
	name     string
	proto    []byte
	json     any // nil: JSON can't say it
	rejected int
	message  string                            // "" for "nothing to say"
	check    func(t *testing.T, s *trace.Span) // of a span that is kept
}

var oddSpans = []oddSpan{
	{"trace id of 7 bytes", span(2, bytesField(fTraceID, make([]byte, 7))), jsonSpan(2, map[string]any{"traceId": "00000000000001"}), 1, "trace id", nil},
	{"trace id all zero", span(2, bytesField(fTraceID, make([]byte, 16))), jsonSpan(2, map[string]any{"traceId": strings.Repeat("0", 32)}), 1, "trace id is missing or all zero", nil},
	{"span id all zero", span(2, bytesField(fSpanID, make([]byte, 8))), jsonSpan(2, map[string]any{"spanId": strings.Repeat("0", 16)}), 1, "span id is missing or all zero", nil},
	{"no ids", join(textField(fName, "lost"), fixed64Field(fStart, testStart)), map[string]any{"name": "lost", "startTimeUnixNano": testStart}, 1, `span "lost": trace id is missing`, nil},
	{"empty span", nil, map[string]any{}, 1, "start time is missing", nil},
	{"parent id of 16 bytes", span(2, bytesField(fParent, make([]byte, 16))), jsonSpan(2, map[string]any{"parentSpanId": strings.Repeat("1", 32)}), 1, "parent span id", nil},
	{"span id that is no hex", span(2, bytesField(fSpanID, []byte("x"))), jsonSpan(2, map[string]any{"spanId": "not hex at all!!"}), 1, "span id", nil},
	{"no start time", span(2, fixed64Field(fStart, 0)), jsonSpan(2, map[string]any{"startTimeUnixNano": 0}), 1, "start time is missing", nil},
	{"milliseconds for nanoseconds", span(2, fixed64Field(fStart, testStart/1e6)), jsonSpan(2, map[string]any{"startTimeUnixNano": testStart / 1e6}), 1, "OTLP counts nanoseconds", nil},
	{"start beyond every date", span(2, fixed64Field(fStart, math.MaxUint64)), jsonSpan(2, map[string]any{"startTimeUnixNano": "18446744073709551615"}), 1, "start time 18446744073709551615 ns is no date", nil},
	{"end beyond every date", span(2, fixed64Field(fEnd, 1<<63)), jsonSpan(2, map[string]any{"endTimeUnixNano": "9223372036854775808"}), 1, "end time 9223372036854775808 ns is no date", nil},
	{"start in a far future", span(2, fixed64Field(fStart, math.MaxInt64)), jsonSpan(2, map[string]any{"startTimeUnixNano": "9223372036854775807"}), 1, "more than ten years ahead", nil},
	{"time that is no number", span(2, fixed64Field(fStart, 0)), jsonSpan(2, map[string]any{"startTimeUnixNano": "today"}), 1, "", nil},
	{"broken protobuf within the span", append(span(2), 0xff), nil, 1, "not valid protobuf", nil},
	{"broken protobuf within an attribute", span(2, bytesField(fAttribute, []byte{0x0a, 0x70})), nil, 1, "not valid protobuf", nil},
	{"attributes of the wrong type", span(2, bytesField(fAttribute, []byte{0xff})), jsonSpan(2, map[string]any{"attributes": "none"}), 1, "", nil},

	{"name that is not UTF-8", span(2, textField(fName, "a\xffb")), nil, 0, "not UTF-8", func(t *testing.T, s *trace.Span) {
		if s.Name != "a\uFFFDb" {
			t.Errorf("name %q", s.Name)
		}
	}},
	{"attribute that is not UTF-8", span(2, bytesField(fAttribute, keyValue("k\xff", textField(1, "\xc3")))), nil, 0, "not UTF-8", func(t *testing.T, s *trace.Span) {
		if got := s.Attributes.Text("k\uFFFD"); got != "\uFFFD" {
			t.Errorf("attributes %v", s.Attributes)
		}
	}},
	{"attribute name of 1 MB", span(2, bytesField(fAttribute, keyValue(strings.Repeat("k", 1<<20), textField(1, "v")))),
		jsonSpan(2, map[string]any{"attributes": []any{map[string]any{"key": strings.Repeat("k", 1<<20)}}}), 0, "1048576 bytes", wantDropped},
	{"attribute value of 1 MB", span(2, bytesField(fAttribute, keyValue("k", textField(1, strings.Repeat("v", 1<<20))))),
		jsonSpan(2, map[string]any{"attributes": []any{map[string]any{"key": "k", "value": map[string]any{"stringValue": strings.Repeat("v", 1<<20)}}}}), 0, "", func(t *testing.T, s *trace.Span) {
			if n := len(s.Attributes.Text("k")); n != 1<<20 {
				t.Errorf("the value has %d bytes, want all", n)
			}
		}},
	{"attribute nested 10,000 deep", span(2, bytesField(fAttribute, keyValue("k", nested(10000)))),
		jsonSpan(2, map[string]any{"attributes": []any{map[string]any{"key": "k", "value": nestedJSON(3000)}}}), 0, "nests deeper than 64", wantDropped},
	{"attribute nested as deep as allowed", span(2, bytesField(fAttribute, keyValue("k", nested(maxDepth)))),
		jsonSpan(2, map[string]any{"attributes": []any{map[string]any{"key": "k", "value": nestedJSON(maxDepth)}}}), 0, "", func(t *testing.T, s *trace.Span) {
			if len(s.Attributes) != 1 {
				t.Errorf("attributes %v", s.Attributes)
			}
		}},
	{"name of 1 MB", span(2, textField(fName, strings.Repeat("é", 1<<19))), jsonSpan(2, map[string]any{"name": strings.Repeat("é", 1<<19)}), 0, "was cut to 8192", func(t *testing.T, s *trace.Span) {
		if s.Name != strings.Repeat("é", maxName/2) {
			t.Errorf("name has %d bytes", len(s.Name))
		}
	}},
	{"link without ids", span(2, bytesField(fLink, nil)), jsonSpan(2, map[string]any{"links": []any{map[string]any{}}}), 0, "a link of span", func(t *testing.T, s *trace.Span) {
		if len(s.Links) != 0 || s.DroppedLinks != 1 {
			t.Errorf("%d links, %d dropped", len(s.Links), s.DroppedLinks)
		}
	}},
	{"parent that is the span itself", span(2, bytesField(fParent, spanID(2))), jsonSpan(2, map[string]any{"parentSpanId": "0000000000000002"}), 0, "", func(t *testing.T, s *trace.Span) {
		if s.ParentID != s.ID {
			t.Errorf("parent %s", s.ParentID)
		}
	}},
	{"parent id all zero", span(2, bytesField(fParent, make([]byte, 8))), jsonSpan(2, map[string]any{"parentSpanId": "0000000000000000"}), 0, "", func(t *testing.T, s *trace.Span) {
		if !s.ParentID.IsZero() {
			t.Errorf("parent %s", s.ParentID)
		}
	}},
	{"end before start", span(2, fixed64Field(fEnd, testStart-5)), jsonSpan(2, map[string]any{"endTimeUnixNano": testStart - 5}), 0, "", func(t *testing.T, s *trace.Span) {
		if s.End != s.Start-5 || s.Duration() != 0 {
			t.Errorf("end %s, duration %d", s.End, s.Duration())
		}
	}},
	{"no end", span(2, fixed64Field(fEnd, 0)), jsonSpan(2, map[string]any{"endTimeUnixNano": 0}), 0, "", func(t *testing.T, s *trace.Span) {
		if !s.Open() {
			t.Errorf("end %s", s.End)
		}
	}},
	{"kind and status that don't exist", span(2, varintField(fKind, 77), bytesField(fStatus, varintField(3, 9))), jsonSpan(2, map[string]any{"kind": 77, "status": map[string]any{"code": 9}}), 0, "", func(t *testing.T, s *trace.Span) {
		if s.Kind != trace.KindUnspecified || s.Status != trace.StatusUnset {
			t.Errorf("kind %s, status %s", s.Kind, s.Status)
		}
	}},
	{"event beyond every date", span(2, bytesField(fEvent, fixed64Field(1, math.MaxUint64))), jsonSpan(2, map[string]any{"events": []any{map[string]any{"timeUnixNano": "18446744073709551615"}}}), 0, "", func(t *testing.T, s *trace.Span) {
		if len(s.Events) != 1 || s.Events[0].Time != 0 {
			t.Errorf("events %v", s.Events)
		}
	}},
	{"unknown fields", span(2, varintField(99, 1), textField(100, "x"), fixed32Field(101, 1), varintField(fName, 1)), jsonSpan(2, map[string]any{"x": []any{1, map[string]any{"y": nil}}}), 0, "", nil},
}

func wantDropped(t *testing.T, s *trace.Span) {
	if len(s.Attributes) != 0 || s.DroppedAttributes != 1 {
		t.Errorf("%d attributes, %d dropped; want 0 and 1", len(s.Attributes), s.DroppedAttributes)
	}
}

func TestAnOddSpanTakesNoNeighbourWithIt(t *testing.T) {
	for _, c := range oddSpans {
		t.Run("protobuf/"+c.name, func(t *testing.T) {
			r := newReceiver(t, Config{})
			resp, body := r.post(t, "/v1/traces", export(span(1), c.proto, span(3)), "Content-Type", protobuf)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			c.judge(t, r, readAnswer(body))
		})
		if c.json == nil {
			continue
		}
		t.Run("JSON/"+c.name, func(t *testing.T) {
			r := newReceiver(t, Config{})
			resp, body := r.post(t, "/v1/traces", jsonExport(jsonSpan(1, nil), c.json, jsonSpan(3, nil)), "Content-Type", "application/json; charset=utf-8")
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			var v struct {
				PartialSuccess struct {
					RejectedSpans int `json:",string"`
					ErrorMessage  string
				}
			}
			if err := json.Unmarshal(body, &v); err != nil {
				t.Fatal(err)
			}
			c.judge(t, r, answer{v.PartialSuccess.RejectedSpans, v.PartialSuccess.ErrorMessage})
		})
	}
}

func (c oddSpan) judge(t *testing.T, r *receiver, a answer) {
	t.Helper()
	if a.rejected != c.rejected || !strings.Contains(a.message, c.message) {
		t.Errorf("answer: %d rejected, %q; want %d and %q", a.rejected, a.message, c.rejected, c.message)
	}
	if (a.message == "") != (c.message == "" && c.rejected == 0) {
		t.Errorf("answer says %q", a.message)
	}
	spans := r.spans(t, testTrace)
	if len(spans) != 3-c.rejected {
		t.Fatalf("%d spans are stored, want %d", len(spans), 3-c.rejected)
	}
	for _, s := range spans {
		if s.Service != "tester" || s.Scope.Name != "test" {
			t.Errorf("span %s has service %q and scope %q", s.ID, s.Service, s.Scope.Name)
		}
		if s.ID == trace.SpanID(spanID(2)) && c.check != nil {
			c.check(t, s)
		}
	}
}

func TestCyclicParentsAreStoredAsTheyAre(t *testing.T) {
	r := newReceiver(t, Config{})
	_, body := r.post(t, "/v1/traces", export(
		span(1, bytesField(fParent, spanID(2))), span(2, bytesField(fParent, spanID(3))), span(3, bytesField(fParent, spanID(1))),
	), "Content-Type", protobuf)
	if len(body) != 0 {
		t.Errorf("answer %q", body)
	}
	if n := len(r.spans(t, testTrace)); n != 3 {
		t.Errorf("%d spans are stored, want 3", n)
	}
}

func TestAnAnswerNamesEachReasonOnceWithItsNumber(t *testing.T) {
	r := newReceiver(t, Config{})
	bad := span(2, fixed64Field(fStart, 0))
	worse := span(2, bytesField(fTraceID, []byte("short")))
	_, body := r.post(t, "/v1/traces", export(bad, span(1), bad, worse, bad), "Content-Type", protobuf)
	want := answer{4, `refused 4 of 5 spans: span "span 2": start time is missing (and 2 more); span "span 2": trace id has 5 bytes, want 16`}
	if got := readAnswer(body); got != want {
		t.Errorf("answer %+v\nwant %+v", got, want)
	}
}

func TestAttributesBeyondTheLimitAreLeftOutAndCounted(t *testing.T) {
	r := newReceiver(t, Config{})
	attributes := bytes.Repeat(bytesField(fAttribute, keyValue("k", varintField(3, 1))), maxAttributes+7)
	_, body := r.post(t, "/v1/traces", export(span(1, attributes)), "Content-Type", protobuf)
	if a := readAnswer(body); a.rejected != 0 || !strings.Contains(a.message, "beyond the first 16384") {
		t.Errorf("answer %+v", a)
	}
	s := r.spans(t, testTrace)[0]
	if len(s.Attributes) != maxAttributes || s.DroppedAttributes != 7 {
		t.Errorf("%d attributes, %d dropped", len(s.Attributes), s.DroppedAttributes)
	}
}
