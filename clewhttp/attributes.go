package clewhttp

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/internal/tracer"
)

var _ tracer.Given = (*given)(nil)

// Keys of OpenTelemetry's HTTP semantic conventions, stable since 1.23.
const (
	keyMethod         = attribute.Key("http.request.method")
	keyMethodOriginal = attribute.Key("http.request.method_original")
	keyStatus         = attribute.Key("http.response.status_code")
	keyRoute          = attribute.Key("http.route")
	keyURLFull        = attribute.Key("url.full")
	keyURLPath        = attribute.Key("url.path")
	keyURLScheme      = attribute.Key("url.scheme")
	keyServerAddress  = attribute.Key("server.address")
	keyServerPort     = attribute.Key("server.port")
	keyErrorType      = attribute.Key("error.type")
	keyProtocol       = attribute.Key("network.protocol.version")
	keyUserAgent      = attribute.Key("user_agent.original")
)

// methods are those of RFC 9110 and 5789; any other one is a stranger's text and would make endless span names.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodHead, http.MethodOptions, http.MethodConnect, http.MethodTrace,
}

// maxText bounds what is recorded of a request's own text, in bytes.
const maxText = 2048

// given is the option that starts a span with attributes: those that it has in common with other requests, and its own,
// which are the span's from then on.
type given struct {
	clew.SpanOption // never applied: package clew asks for the attributes
	shared          *tracer.Shared
	attrs           []attribute.KeyValue
	room            [3]attribute.KeyValue // as many as a request and its response usually have, on either side
}

// GiveAttributes implements tracer.Given.
func (g *given) GiveAttributes() (*tracer.Shared, []attribute.KeyValue) { return g.shared, g.attrs }

// appendServer splits host and port; the port is the scheme's when none is written.
func appendServer(attrs []attribute.KeyValue, hostPort, scheme string) []attribute.KeyValue {
	if hostPort == "" {
		return attrs
	}
	host, port := hostPort, 0
	if strings.IndexByte(hostPort, ':') >= 0 { // or else the error would cost an allocation
		if h, p, err := net.SplitHostPort(hostPort); err == nil {
			host = h
			port, _ = strconv.Atoi(p)
		}
		host = strings.Trim(host, "[]")
	}
	if port <= 0 || port > 65535 {
		port = 80
		if scheme == "https" {
			port = 443
		}
	}
	return append(attrs, keyServerAddress.String(cut(host)), keyServerPort.Int(port))
}

// route takes the method and the host off a http.ServeMux pattern.
func route(pattern string) string {
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		pattern = strings.TrimLeft(pattern[i+1:], " \t")
	}
	if i := strings.IndexByte(pattern, '/'); i >= 0 {
		return pattern[i:]
	}
	return ""
}

// secretParameters are query parameters known to hold a credential or a signature, in lower case.
var secretParameters = []string{
	"key", "api_key", "apikey", "api-key", "access_token", "token", "auth", "authorization", "password", "secret",
	"client_secret", "sig", "signature", "awsaccesskeyid", "x-amz-signature", "x-amz-credential", "x-amz-security-token",
	"x-goog-signature", "x-goog-credential",
}

// fullURL is u without user, password, fragment and the values of secretParameters.
func fullURL(u *url.URL) string {
	if u.User == nil && u.Fragment == "" && u.RawQuery == "" {
		if asItIs(u) && len(u.Path) < maxText/2 && len(u.Host) < maxText/4 {
			return u.Scheme + "://" + u.Host + u.Path // which String takes longer for
		}
		return cut(u.String())
	}
	c := *u
	c.User, c.Fragment, c.RawFragment = nil, "", ""
	if c.RawQuery != "" {
		parts := strings.Split(c.RawQuery, "&")
		for i, part := range parts {
			name, _, found := strings.Cut(part, "=")
			plain, err := url.QueryUnescape(name)
			if err != nil {
				plain = name
			}
			if found && slices.Contains(secretParameters, strings.ToLower(plain)) {
				parts[i] = name + "=REDACTED"
			}
		}
		c.RawQuery = strings.Join(parts, "&")
	}
	return cut(c.String())
}

// asItIs reports whether nothing in u has to be escaped.
func asItIs(u *url.URL) bool {
	if u.Scheme == "" || u.Host == "" || u.Path == "" || u.Path[0] != '/' || u.Opaque != "" || u.RawPath != "" || u.ForceQuery {
		return false
	}
	for i := range len(u.Host) {
		if c := u.Host[i]; !unreserved[c] && c != ':' {
			return false
		}
	}
	for i := range len(u.Path) {
		if c := u.Path[i]; !unreserved[c] && c != '/' {
			return false
		}
	}
	return true
}

// unreserved are the characters that RFC 3986 allows anywhere.
var unreserved = func() (out [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") {
		out[c] = true
	}
	return out
}()

func protocol(major, minor int) attribute.KeyValue {
	switch {
	case major == 1 && minor == 1:
		return keyProtocol.String("1.1")
	case major == 2:
		return keyProtocol.String("2")
	case major > 2:
		return keyProtocol.String(strconv.Itoa(major))
	}
	return keyProtocol.String(strconv.Itoa(major) + "." + strconv.Itoa(minor))
}

func cut(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
