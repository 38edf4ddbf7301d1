package auth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func login(g *Guard, body string, change func(*http.Request)) *http.Response {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/login", strings.NewReader(body))
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	g.Login().ServeHTTP(w, r)
	return w.Result()
}

func TestLogin(t *testing.T) {
	tests := []struct {
		name, body string
		want       int
	}{
		{"the right key logs in", `{"key":"correct horse"}`, http.StatusNoContent},
		{"a wrong key does not", `{"key":"wrong"}`, http.StatusUnauthorized},
		{"an empty key does not", `{"key":""}`, http.StatusUnauthorized},
		{"no key is a mistake", `{}`, http.StatusBadRequest},
		{"no JSON is a mistake", `key=correct`, http.StatusBadRequest},
		{"a key that is no string is a mistake", `{"key":7}`, http.StatusBadRequest},
		{"an endless body is cut", `{"key":"` + strings.Repeat("a", maxLogin), http.StatusRequestEntityTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := login(New(key, false), tt.body, nil)
			if resp.StatusCode != tt.want {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.want)
			}
			if got := len(resp.Cookies()); (got == 1) != (tt.want == http.StatusNoContent) {
				t.Errorf("status %d came with %d cookies", resp.StatusCode, got)
			}
		})
	}
}

func TestTheCookieOfALoginOpensTheDoorUntilTheKeyChanges(t *testing.T) {
	cookie := login(New(key, false), `{"key":"correct horse"}`, nil).Cookies()[0]
	for _, tt := range []struct {
		name string
		g    *Guard
		want int
	}{
		{"the same server", New(key, false), pass},
		{"the server with another key", New("another", false), unauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := send(tt.g.Wrap(passed), "GET /api/v1/traces", "Cookie: "+cookie.Name+"="+cookie.Value); got.Code != tt.want {
				t.Errorf("status %d, want %d", got.Code, tt.want)
			}
		})
	}
	if strings.Contains(cookie.Value, key) || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.MaxAge != int(loginAge/time.Second) {
		t.Errorf("cookie %v", cookie)
	}
}

func TestTheCookieIsSecureWhenTheBrowserSpeaksTLS(t *testing.T) {
	tests := map[string]struct {
		change func(*http.Request)
		want   bool
	}{
		"plain HTTP":  {nil, false},
		"a TLS proxy": {func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "HTTPS") }, true},
		"a bare one":  {func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "http") }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := login(New(key, false), `{"key":"correct horse"}`, tt.change).Cookies()[0].Secure; got != tt.want {
				t.Errorf("Secure = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLoginWithoutAConfiguredKeySucceedsAndSetsNothing(t *testing.T) {
	resp := login(New("", true), `{"key":"anything"}`, nil)
	if resp.StatusCode != http.StatusNoContent || len(resp.Cookies()) != 0 {
		t.Errorf("status %d, cookies %v; want 204 and none", resp.StatusCode, resp.Cookies())
	}
}

func TestLoginTakesPostOnly(t *testing.T) {
	w := httptest.NewRecorder()
	New(key, false).Login().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/login", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET = %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}
