package auth

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// isLoopbackHost reports whether a Host header names this machine: localhost, a
// name below it, or a loopback address, with any port or none.
func isLoopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	} else if inner, ok := strings.CutPrefix(name, "["); ok {
		name = strings.TrimSuffix(inner, "]")
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true // RFC 6761 keeps these names for loopback
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

// sameOrigin reports whether the request comes from the server's own pages, or
// from no page at all. The schemes aren't compared: a proxy in front may speak
// TLS. The origin "null" (a sandboxed frame, a local file) is nobody's own.
func sameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, ok := parseOrigin(origins[0])
	return ok && len(origins) == 1 && withoutDefaultPort(u.Host, u.Scheme) == withoutDefaultPort(r.Host, u.Scheme)
}

func parseOrigin(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, false
	}
	return u, u.Scheme == "http" || u.Scheme == "https"
}

func withoutDefaultPort(host, scheme string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// isSender reports whether r is what a page under development, served from
// another port of this machine, does to send its telemetry: a POST to an OTLP
// path, or the preflight of one.
func isSender(r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, "/v1/") || len(r.Header.Values("Origin")) != 1 {
		return false
	}
	u, ok := parseOrigin(r.Header.Get("Origin"))
	if !ok || !isLoopbackHost(u.Host) {
		return false
	}
	return r.Method == http.MethodPost ||
		r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") == http.MethodPost
}

func allowOrigin(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
}

// preflight answers a browser's question before a POST. Whatever headers it
// asks for are allowed: exporters add their own, and none has a meaning here
// that the sender could not have anyway.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
