package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
)

// answer is a server that gives one answer to everything and remembers what it was asked.
func answer(t *testing.T, status int, contentType, body string) (*Client, *http.Request) {
	t.Helper()
	asked := &http.Request{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*asked = *r.Clone(context.Background())
		asked.Body = io.NopCloser(strings.NewReader(string(b)))
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return &Client{URL: srv.URL + "/", Key: "k"}, asked
}

func marshal(t *testing.T, m proto.Message) string {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAQueryBecomesParameters(t *testing.T) {
	c, asked := answer(t, 200, "application/json", `{"items":[],"next_cursor":""}`)
	at := time.Date(2026, 11, 21, 4, 0, 0, 5, time.FixedZone("", 3600))
	_, err := c.Traces(t.Context(), Query{
		Service: "s s", Name: "n", Session: "e", User: "u", Type: "LLM", Status: "ok", Text: "t&", From: at, To: at, Limit: 3, Cursor: "c",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "/api/v1/traces?cursor=c&from=2026-11-21T03%3A00%3A00.000000005Z&limit=3&name=n&q=t%26&service=s+s&session=e&status=ok&to=2026-11-21T03%3A00%3A00.000000005Z&type=LLM&user=u"
	if got := asked.URL.String(); got != want {
		t.Errorf("asked for %s\nwant      %s", got, want)
	}
	if got := asked.Header.Get("Authorization"); got != "Bearer k" {
		t.Errorf("Authorization %q", got)
	}
}

func TestIDsAreOneSegmentOfThePath(t *testing.T) {
	tests := map[string]string{
		"a/b?c#d%": "/api/v1/sessions/a%2Fb%3Fc%23d%25",
		"..":       "/api/v1/sessions/%2E%2E",
		".":        "/api/v1/sessions/%2E",
		"ä":        "/api/v1/sessions/%C3%A4",
	}
	for id, want := range tests {
		t.Run(id, func(t *testing.T) {
			c, asked := answer(t, 200, "application/json", `{}`)
			if _, err := c.Session(t.Context(), id, Query{}); err != nil {
				t.Fatal(err)
			}
			if asked.RequestURI != want {
				t.Errorf("asked for %s, want %s", asked.RequestURI, want)
			}
		})
	}
}

func TestRefusalsBecomeErrors(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		want                    Error
	}{
		{"of the API", "application/json; charset=utf-8", `{"error":{"code":"invalid_argument","message":"no","field":"from"}}`, Error{Code: "invalid_argument", Message: "no", Field: "from"}},
		{"of OTLP in JSON", "application/json", `{"code":3,"message":"bad span"}`, Error{Message: "bad span"}},
		{"of OTLP in protobuf", "application/x-protobuf", marshal(t, &rpc.Status{Code: 3, Message: "bad span"}), Error{Message: "bad span"}},
		{"of a proxy in text", "text/plain", " upstream is down\n", Error{Message: "upstream is down"}},
		{"of a proxy in HTML", "text/html", "<html>", Error{Message: "I'm a teapot"}},
		{"in broken JSON", "application/json", `{"error":`, Error{Message: "I'm a teapot"}},
		{"in broken protobuf", "application/x-protobuf", "\xff", Error{Message: "I'm a teapot"}},
		{"without a word", "", "", Error{Message: "I'm a teapot"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answer(t, http.StatusTeapot, tt.contentType, tt.body)
			_, err := c.Status(t.Context())
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("error %v is no *Error", err)
			}
			tt.want.Status, tt.want.RetryAfter = http.StatusTeapot, 7*time.Second
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), tt.want.Message) {
				t.Errorf("Error() = %q", err)
			}
		})
	}
}

func TestAnAnswerThatIsNoJSONIsAnError(t *testing.T) {
	c, _ := answer(t, 200, "text/html", "<html>")
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "/api/v1/status") {
		t.Errorf("error %v; want one that names the URL", err)
	}
}

func TestAServerThatIsNotThereIsNotARefusal(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := (&Client{URL: srv.URL}).Status(t.Context())
	var refused *Error
	if err == nil || errors.As(err, &refused) {
		t.Errorf("error %v", err)
	}
}

func TestImport(t *testing.T) {
	const pb, js = "application/x-protobuf", "application/json"
	rejected := &collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: 2, ErrorMessage: "zero id"}}
	tests := []struct {
		name, contentType, answer string
		want                      ImportResult
		fails                     bool
	}{
		{"all taken, in protobuf", pb, "", ImportResult{}, false},
		{"some refused, in protobuf", pb, marshal(t, rejected), ImportResult{2, "zero id"}, false},
		{"all taken, in JSON", js, `{}`, ImportResult{}, false},
		{"all taken, in no JSON at all", js, ``, ImportResult{}, false},
		{"some refused, in JSON", js, `{"partialSuccess":{"rejectedSpans":"2","errorMessage":"zero id"}}`, ImportResult{2, "zero id"}, false},
		{"some refused, the number as a number", js, `{"partialSuccess":{"rejectedSpans":2}}`, ImportResult{2, ""}, false},
		{"a number that is none", js, `{"partialSuccess":{"rejectedSpans":"two"}}`, ImportResult{}, true},
		{"broken protobuf", pb, "\x0a\xff", ImportResult{}, true},
		{"broken JSON", js, `{`, ImportResult{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, asked := answer(t, 200, tt.contentType, tt.answer)
			got, err := c.Import(t.Context(), tt.contentType, strings.NewReader("body"))
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
			}
			if got != tt.want {
				t.Errorf("result %+v, want %+v", got, tt.want)
			}
			sent, _ := io.ReadAll(asked.Body)
			if asked.Method != http.MethodPost || asked.URL.Path != "/v1/traces" || asked.Header.Get("Content-Type") != tt.contentType || string(sent) != "body" {
				t.Errorf("sent %s %s with %v and %q", asked.Method, asked.URL, asked.Header, sent)
			}
		})
	}
}

func TestReadingEvents(t *testing.T) {
	tests := []struct {
		name, stream string
		want         []Change
		fails        bool
	}{
		{"comments and fields that mean nothing here", "retry: 2000\n: connected\n\nid: 7\n\n", nil, false},
		{"a trace and a resync", "event: trace\ndata: {\"name\":\"a\"}\n\nevent: resync\ndata: {}\n\n", []Change{{Trace: TraceSummary{Name: "a"}}, {Resync: true}}, false},
		{"an unknown event", "event: future\ndata: []\n\nevent: resync\n\n", []Change{{Resync: true}}, false},
		{"CR LF and no space", "event:resync\r\ndata:{}\r\n\r\n", []Change{{Resync: true}}, false},
		{"an event that is cut off", "event: resync\ndata: {}\n", nil, false},
		{"a trace that is no JSON", "event: trace\ndata: {\n\n", nil, true},
		{"a line without end", "data: " + strings.Repeat("a", maxEvent+1), nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []Change
			err := readEvents(strings.NewReader(tt.stream), func(c Change, _ error) bool {
				got = append(got, c)
				return true
			})
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLiveYieldsTheRefusalOfTheServer(t *testing.T) {
	c, _ := answer(t, 401, "application/json", `{"error":{"code":"unauthenticated","message":"no key"}}`)
	var got []error
	for _, err := range c.Live(t.Context()) {
		got = append(got, err)
	}
	var refused *Error
	if len(got) != 1 || !errors.As(got[0], &refused) || refused.Code != "unauthenticated" {
		t.Errorf("errors %v", got)
	}
}

func TestTimeAsJSON(t *testing.T) {
	tests := []struct {
		name, json string
		time       time.Time
		written    string
	}{
		{"nine digits stay", `"2026-11-21T03:50:00.123456789Z"`, time.Date(2026, 11, 21, 3, 50, 0, 123456789, time.UTC), ""},
		{"nine digits are always written", `"2026-11-21T03:50:00Z"`, time.Date(2026, 11, 21, 3, 50, 0, 0, time.UTC), `"2026-11-21T03:50:00.000000000Z"`},
		{"another zone becomes UTC", `"2026-11-21T04:50:00.5+01:00"`, time.Date(2026, 11, 21, 3, 50, 0, 5e8, time.UTC), `"2026-11-21T03:50:00.500000000Z"`},
		{"none is the empty string", `""`, time.Time{}, ""},
		{"null is none", `null`, time.Time{}, `""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Time{time.Now()}
			if err := json.Unmarshal([]byte(tt.json), &got); err != nil {
				t.Fatal(err)
			}
			if !got.Equal(tt.time) {
				t.Errorf("read as %v, want %v", got, tt.time)
			}
			if tt.written == "" {
				tt.written = tt.json
			}
			if b, err := json.Marshal(got); err != nil || string(b) != tt.written {
				t.Errorf("written as %s, %v; want %s", b, err, tt.written)
			}
		})
	}
	var got Time
	if err := json.Unmarshal([]byte(`"yesterday"`), &got); err == nil {
		t.Error("a time that is none is read")
	}
}

func FuzzValue(f *testing.F) {
	for _, s := range []string{
		`{"key":"a","type":"string","value":"x"}`, `{"key":"a","type":"int","value":"9223372036854775807"}`, `{"type":"double","value":"NaN"}`,
		`{"type":"array","value":[{"type":"bool","value":true},{"type":"empty","value":null}]}`, `{"type":"map","value":[{"key":"k","type":"bytes","value":"AA=="}]}`,
		`{"type":"new","value":1}`, `{"type":"array","value":7}`, `[]`, `{"type":"int","value":"not a number"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a, again Attribute
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		_ = a.Text()
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatalf("%s is written as %s, which cannot be read: %v", text, b, err)
		}
		if diff := cmp.Diff(a, again); diff != "" {
			t.Errorf("%s (-read +read again):\n%s", text, diff)
		}
	})
}

func TestTheTextOfAValue(t *testing.T) {
	tests := map[string]string{
		`{"type":"string","value":"a b"}`: "a b",
		`{"type":"bool","value":true}`:    "true",
		`{"type":"int","value":"42"}`:     "42",
		`{"type":"double","value":0.5}`:   "0.5",
		`{"type":"double","value":"NaN"}`: "NaN",
		`{"type":"empty","value":null}`:   "",
		`{"type":"array","value":[{"type":"int","value":"1"},{"type":"empty","value":null}]}`: "[1,null]",
		`{"type":"map","value":[{"key":"k","type":"array","value":[]}]}`:                      `{"k":[]}`,
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			var v Value
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				t.Fatal(err)
			}
			if got := v.Text(); got != want {
				t.Errorf("Text() = %q, want %q", got, want)
			}
		})
	}
}
