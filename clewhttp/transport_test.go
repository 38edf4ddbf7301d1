package clewhttp_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
)

func TestOnlyAllowedHostsLearnTheSession(t *testing.T) {
	clewtest.Record(t)
	for name, tc := range map[string]struct {
		allow []string
		url   string
		told  bool
	}{
		"this machine":                       {nil, "http://127.0.0.1:9/", true},
		"this machine by IPv6":               {nil, "http://[::1]:9/", true},
		"this machine by name":               {nil, "http://LocalHost/", true},
		"a stranger":                         {nil, "https://api.example.com/", false},
		"a stranger named after it":          {nil, "https://localhost.example.com/", false},
		"a private address":                  {nil, "http://10.0.0.7/", false},
		"a host that is named":               {[]string{"API.example.com"}, "https://api.example.com:8443/", true},
		"a host and port":                    {[]string{"10.0.0.7:80"}, "http://10.0.0.7:80/", true},
		"another port":                       {[]string{"10.0.0.7:80"}, "http://10.0.0.7:81/", false},
		"below a wildcard":                   {[]string{"*.example.com"}, "https://a.b.example.com/", true},
		"beside a wildcard":                  {[]string{"*.example.com"}, "https://badexample.com/", false},
		"the wildcard's own name":            {[]string{"*.example.com"}, "https://example.com/", false},
		"everybody":                          {[]string{"*"}, "https://anything.test/", true},
		"a final dot does not open the door": {[]string{"example.com"}, "https://example.com./", true},
	} {
		t.Run(name, func(t *testing.T) {
			var sent http.Header
			base := roundTrip(func(r *http.Request) (*http.Response, error) {
				sent = r.Header
				return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
			})
			ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
			defer s.End()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, tc.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := clewhttp.Transport(base, clewhttp.AllowHosts(tc.allow...)).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if sent.Get("traceparent") == "" {
				t.Error("no traceparent")
			}
			if told := strings.Contains(sent.Get("X-Laminar-Span-Context"), `"sessionId":"s"`); told != tc.told {
				t.Errorf("told: %v, want %v: %v", told, tc.told, sent)
			}
			if !tc.told && len(sent) != 1 {
				t.Errorf("sent %v", sent)
			}
			if len(req.Header) != 0 {
				t.Errorf("the caller's request was changed: %v", req.Header)
			}
		})
	}
}

func TestFailedRequestsAreErrors(t *testing.T) {
	r := clewtest.Record(t)
	broken := errors.New("no route to host")
	req := httptest.NewRequestWithContext(t.Context(), "GET", "https://example.com/", nil)
	transport := clewhttp.Transport(roundTrip(func(*http.Request) (*http.Response, error) { return nil, broken }))
	resp, err := transport.RoundTrip(req)
	if !errors.Is(err, broken) || resp != nil {
		t.Errorf("got %v, %v", resp, err)
	}
	s := one(r, trace.SpanKindClient)
	if s.Status.Code != codes.Error || len(s.Events) != 1 || attrs(s)["server.port"] != "443" {
		t.Errorf("%v %v %v", s.Status, s.Events, attrs(s))
	}

	r.Reset()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	drain(t, get(t, &http.Client{Transport: clewhttp.Transport(nil)}, t.Context(), server.URL))
	if s := one(r, trace.SpanKindClient); s.Status.Code != codes.Error || attrs(s)["error.type"] != "404" {
		t.Errorf("%v %v", s.Status, attrs(s))
	}
}

func TestARequestThatIsPassedOnNamesNoOtherSpan(t *testing.T) {
	clewtest.Record(t)
	var sent http.Header
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = r.Header
		return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
	})
	ctx, s := clew.Start(t.Context(), "proxy")
	defer s.End()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://stranger.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	const trace, span = "0123456789abcdef0123456789abcdef", "fedcba9876543210"
	req.Header = http.Header{
		"Traceparent": {"00-" + trace + "-" + span + "-01"}, "Tracestate": {"old=1"}, "B3": {trace + "-" + span + "-1"},
		"Uber-Trace-Id": {trace + ":" + span + ":0:1"}, "X-Laminar-Span-Context": {`{"traceId":"` + trace + `","spanId":"` + span + `","userId":"u"}`},
		"X-B3-Sampled": {"1"}, "Baggage": {"mine=1"}, "Mirascope-Session-Id": {"mine"}, "Accept": {"*/*"},
	}
	before := req.Header.Clone()
	resp, err := clewhttp.Transport(base).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	want := http.Header{"Traceparent": sent["Traceparent"], "Baggage": {"mine=1"}, "Mirascope-Session-Id": {"mine"}, "Accept": {"*/*"}}
	if diff := cmp.Diff(want, sent); diff != "" || strings.Contains(sent.Get("traceparent"), trace) {
		t.Errorf("sent %v", sent)
	}
	if diff := cmp.Diff(before, req.Header); diff != "" {
		t.Errorf("the caller's request was changed: %s", diff)
	}
}
