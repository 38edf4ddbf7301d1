package auth

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const key = "correct horse"

var passed = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

// send makes the request that "METHOD PATH" and "Header: value" lines describe;
// the Host is 127.0.0.1:4318 unless a line says otherwise.
func send(h http.Handler, request string, headers ...string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(request, " ")
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:4318"
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	pass         = http.StatusTeapot
	unauthorized = http.StatusUnauthorized
	forbidden    = http.StatusForbidden
)

func TestWithoutAKey(t *testing.T) {
	tests := []struct {
		name    string
		request string
		headers []string
		want    int
	}{
		{"anybody on this machine passes", "GET /api/v1/traces", nil, pass},
		{"any key is accepted", "POST /v1/traces", []string{"Authorization: Bearer whatever"}, pass},
		{"localhost is this machine", "GET /", []string{"Host: localhost:4318"}, pass},
		{"so is a name below localhost", "GET /", []string{"Host: clew.LOCALHOST"}, pass},
		{"so is localhost with a final dot", "GET /", []string{"Host: localhost.:4318"}, pass},
		{"so is any address in 127/8", "GET /", []string{"Host: 127.8.9.10"}, pass},
		{"so is the IPv6 loopback with a port", "GET /", []string{"Host: [::1]:4318"}, pass},
		{"so is the IPv6 loopback without a port", "GET /", []string{"Host: [::1]"}, pass},
		{"a rebound name is refused", "GET /api/v1/traces", []string{"Host: evil.example"}, forbidden},
		{"a rebound name is refused for the page too", "GET /", []string{"Host: evil.example:4318"}, forbidden},
		{"a name that begins like localhost is refused", "GET /", []string{"Host: localhost.evil.example"}, forbidden},
		{"a name that ends like localhost is refused", "GET /", []string{"Host: notlocalhost"}, forbidden},
		{"a name that begins like an address is refused", "GET /", []string{"Host: 127.0.0.1.evil.example"}, forbidden},
		{"the unspecified address is refused", "GET /", []string{"Host: 0.0.0.0:4318"}, forbidden},
		{"a private address is refused", "GET /", []string{"Host: 192.168.1.4:4318"}, forbidden},
		{"no Host is refused", "GET /", []string{"Host: "}, forbidden},

		{"the own page passes", "POST /api/v1/login", []string{"Origin: http://127.0.0.1:4318"}, pass},
		{"the own page passes through a proxy that speaks TLS", "GET /api/v1/live", []string{"Host: localhost", "Origin: https://localhost:443"}, pass},
		{"a foreign page is refused", "GET /api/v1/traces", []string{"Origin: https://evil.example"}, forbidden},
		{"a foreign page cannot send telemetry", "POST /v1/traces", []string{"Origin: https://evil.example"}, forbidden},
		{"another port of this machine cannot read", "GET /api/v1/traces", []string{"Origin: http://127.0.0.1:3000"}, forbidden},
		{"another port of this machine cannot log in", "POST /api/v1/login", []string{"Origin: http://127.0.0.1:3000"}, forbidden},
		{"another port of this machine can send telemetry", "POST /v1/traces", []string{"Origin: http://localhost:3000"}, pass},
		{"the null origin is foreign", "POST /v1/traces", []string{"Origin: null"}, forbidden},
		{"an extension is foreign", "POST /v1/traces", []string{"Origin: chrome-extension://localhost"}, forbidden},
		{"two origins are foreign", "POST /v1/traces", []string{"Origin: http://127.0.0.1:4318", "Origin: http://127.0.0.1:4318"}, forbidden},
		{"an origin with a path is foreign", "GET /", []string{"Origin: http://127.0.0.1:4318/x"}, forbidden},
		{"an origin with a user is foreign", "GET /", []string{"Origin: http://evil@127.0.0.1:4318"}, forbidden},
		{"a foreign Host with the same Origin is refused", "GET /api/v1/traces", []string{"Host: evil.example", "Origin: http://evil.example"}, forbidden},
	}
	h := New("", true).Wrap(passed)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := send(h, tt.request, tt.headers...); got.Code != tt.want {
				t.Errorf("%s %q = %d, want %d: %s", tt.request, tt.headers, got.Code, tt.want, got.Body)
			}
		})
	}
}

func TestWithAKey(t *testing.T) {
	cookie := "Cookie: " + cookieName + "=" + New(key, false).cookie
	tests := []struct {
		name    string
		request string
		headers []string
		want    int
	}{
		{"the API needs it", "GET /api/v1/traces", nil, unauthorized},
		{"unknown API paths need it", "GET /api/v2/anything", nil, unauthorized},
		{"the bare prefix needs it", "GET /api", nil, unauthorized},
		{"an escaped path needs it", "GET /%61pi/v1/traces", nil, unauthorized},
		{"telemetry needs it", "POST /v1/traces", nil, unauthorized},
		{"metrics need it", "GET /metrics", nil, unauthorized},
		{"a gRPC path needs it", "POST /opentelemetry.proto.collector.trace.v1.TraceService/Export", nil, unauthorized},
		{"the page does not need it", "GET /traces/0af7651916cd43dd8448eb211c80319c", nil, pass},
		{"a path that only begins like the API does not need it", "GET /apiary", nil, pass},
		{"health does not need it", "GET /healthz", nil, pass},
		{"HEAD of the page does not need it", "HEAD /", nil, pass},
		{"the login does not need it", "POST /api/v1/login", nil, pass},

		{"a bearer key passes", "GET /api/v1/traces", []string{"Authorization: Bearer " + key}, pass},
		{"the scheme has no case", "GET /api/v1/traces", []string{"Authorization: bearer " + key}, pass},
		{"a wrong key is refused", "GET /api/v1/traces", []string{"Authorization: Bearer wrong"}, unauthorized},
		{"a part of the key is refused", "GET /api/v1/traces", []string{"Authorization: Bearer " + key[:5]}, unauthorized},
		{"an empty key is refused", "GET /api/v1/traces", []string{"Authorization: Bearer "}, unauthorized},
		{"another scheme is refused", "GET /api/v1/traces", []string{"Authorization: Basic " + key}, unauthorized},
		{"a bearer key passes from any origin", "GET /api/v1/traces", []string{"Authorization: Bearer " + key, "Origin: https://app.example"}, pass},

		{"the cookie passes", "GET /api/v1/live", []string{cookie}, pass},
		{"the cookie passes from the own origin", "GET /api/v1/live", []string{cookie, "Host: clew.example", "Origin: https://clew.example"}, pass},
		{"the cookie does not pass from a foreign origin", "GET /api/v1/live", []string{cookie, "Host: clew.example", "Origin: https://evil.example"}, forbidden},
		{"the cookie does not pass from another port", "POST /v1/traces", []string{cookie, "Host: clew.example", "Origin: http://clew.example:3000"}, forbidden},
		{"the cookie does not pass from the null origin", "GET /api/v1/live", []string{cookie, "Origin: null"}, forbidden},
		{"the key itself is no cookie", "GET /api/v1/live", []string{"Cookie: " + cookieName + "=correct"}, unauthorized},
		{"a foreign page cannot try keys", "POST /api/v1/login", []string{"Origin: https://evil.example"}, forbidden},
		{"a foreign page without credentials is refused", "GET /api/v1/traces", []string{"Origin: https://evil.example"}, unauthorized},
	}
	h := New(key, false).Wrap(passed)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := send(h, tt.request, tt.headers...)
			if got.Code != tt.want {
				t.Errorf("%s %q = %d, want %d: %s", tt.request, tt.headers, got.Code, tt.want, got.Body)
			}
			if allowed := got.Header().Get("Access-Control-Allow-Origin"); allowed != "" {
				t.Errorf("Access-Control-Allow-Origin: %s; off loopback no page may read answers", allowed)
			}
		})
	}
}

func TestWithAKeyOnLoopbackBothChecksHold(t *testing.T) {
	h := New(key, true).Wrap(passed)
	bearer := "Authorization: Bearer " + key
	for _, tt := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"the key passes", []string{bearer}, pass},
		{"no key is refused", nil, unauthorized},
		{"a foreign Host is refused", []string{bearer, "Host: evil.example"}, forbidden},
		{"another loopback port needs the key", []string{"Origin: http://localhost:3000"}, unauthorized},
		{"another loopback port passes with the key", []string{bearer, "Origin: http://localhost:3000"}, pass},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := send(h, "POST /v1/traces", tt.headers...); got.Code != tt.want {
				t.Errorf("status %d, want %d: %s", got.Code, tt.want, got.Body)
			}
		})
	}
}

func TestPagesOfOtherLoopbackPortsGetCORSHeadersForTelemetryOnly(t *testing.T) {
	const origin = "Origin: http://localhost:5173"
	h := New("", true).Wrap(passed)

	asked := send(h, "OPTIONS /v1/traces", origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,x-mine")
	if asked.Code != http.StatusNoContent {
		t.Fatalf("preflight = %d, want 204: %s", asked.Code, asked.Body)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "http://localhost:5173",
		"Access-Control-Allow-Methods": "POST",
		"Access-Control-Allow-Headers": "content-type,x-mine",
		"Vary":                         "Origin",
	} {
		if got := asked.Header().Get(name); got != want {
			t.Errorf("preflight's %s = %q, want %q", name, got, want)
		}
	}
	if got := asked.Header().Get("Access-Control-Allow-Credentials"); got != "" {
		t.Errorf("Access-Control-Allow-Credentials = %q, want none", got)
	}
	if sent := send(h, "POST /v1/traces", origin); sent.Header().Get("Access-Control-Allow-Origin") != "http://localhost:5173" {
		t.Errorf("the POST's answer has no CORS headers: %v", sent.Header())
	}
	for _, request := range []string{"OPTIONS /api/v1/traces", "OPTIONS /v1/traces"} {
		if got := send(h, request, origin, "Access-Control-Request-Method: DELETE"); got.Code != forbidden {
			t.Errorf("preflight of a DELETE, %s = %d, want 403", request, got.Code)
		}
	}
	if got := send(New(key, true).Wrap(passed), "OPTIONS /v1/traces", origin, "Access-Control-Request-Method: POST"); got.Code != http.StatusNoContent {
		t.Errorf("a preflight, which never has credentials, = %d with a key; want 204", got.Code)
	}
}

func TestRefusalsSayWhatHappenedAndWhatToDo(t *testing.T) {
	tests := []struct {
		name  string
		got   *httptest.ResponseRecorder
		code  string
		words []string
	}{
		{"a foreign Host", send(New("", true).Wrap(passed), "GET /", "Host: evil.example"), "forbidden", []string{"evil.example", "--key", "--listen", "localhost"}},
		{"a foreign Origin", send(New("", true).Wrap(passed), "GET /", "Origin: https://evil.example"), "forbidden", []string{"https://evil.example"}},
		{"no key", send(New(key, false).Wrap(passed), "GET /api/v1/traces"), "unauthenticated", []string{"Authorization: Bearer"}},
		{"a wrong key", send(New(key, false).Wrap(passed), "GET /api/v1/traces", "Authorization: Bearer x"), "unauthenticated", []string{"--key", "CLEW_KEY"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var body struct {
				Error struct{ Code, Message, Field string }
			}
			if err := json.Unmarshal(tt.got.Body.Bytes(), &body); err != nil {
				t.Fatalf("body %q: %v", tt.got.Body, err)
			}
			if body.Error.Code != tt.code {
				t.Errorf("code %q, want %q", body.Error.Code, tt.code)
			}
			for _, w := range tt.words {
				if !strings.Contains(body.Error.Message, w) {
					t.Errorf("message %q does not mention %q", body.Error.Message, w)
				}
			}
			if strings.Contains(body.Error.Message, key) {
				t.Errorf("message %q tells the key", body.Error.Message)
			}
			if (tt.got.Code == unauthorized) != (tt.got.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("status %d with WWW-Authenticate %q", tt.got.Code, tt.got.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func FuzzHostAndOriginNeverLetAForeignNameIn(f *testing.F) {
	for _, s := range []string{"localhost", "127.0.0.1:1", "[::1]:2", "evil.example", "localhost.evil", "[::1", "a@localhost", "null", ""} {
		f.Add(s, "http://"+s)
	}
	h := New("", true).Wrap(passed)
	f.Fuzz(func(t *testing.T, host, origin string) {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/traces", nil)
		r.Host = host
		r.Header["Origin"] = []string{origin}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != pass {
			return
		}
		// What passed names this machine and is the request's own origin.
		bare := strings.ToLower(host)
		if !strings.Contains(bare, "localhost") && !strings.Contains(bare, "127.") && !strings.Contains(bare, ":") {
			t.Errorf("Host %q passed", host)
		}
		if !strings.HasPrefix(strings.ToLower(origin), "http") || !strings.Contains(strings.ToLower(origin), strings.TrimSuffix(strings.TrimSuffix(bare, ":80"), ":443")) {
			t.Errorf("Host %q with Origin %q passed", host, origin)
		}
	})
}
