package clewhttp

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/clewhq/clew"
)

// HandlerOption configures Handler.
type HandlerOption interface{ applyHandler(*handlerConfig) }

// TransportOption configures Transport.
type TransportOption interface{ applyTransport(*transportConfig) }

type handlerConfig struct {
	extract []clew.ExtractOption
	policy  func(*http.Request) clew.Policy
	skip    func(*http.Request) bool
}

type transportConfig struct {
	allow []string
	skip  func(*http.Request) bool
}

type handlerOption func(*handlerConfig)

func (f handlerOption) applyHandler(c *handlerConfig) { f(c) }

type transportOption func(*transportConfig)

func (f transportOption) applyTransport(c *transportConfig) { f(c) }

// Extraction passes options to clew.Extract, such as clew.IDsOnly in front of strangers.
func Extraction(opts ...clew.ExtractOption) HandlerOption {
	return handlerOption(func(c *handlerConfig) { c.extract = append(c.extract, opts...) })
}

// Policy chooses for each request how to treat the context that came with it, for a server that strangers and friends
// call alike. It goes before what Extraction says.
func Policy(choose func(*http.Request) clew.Policy) HandlerOption {
	return handlerOption(func(c *handlerConfig) { c.policy = choose })
}

// AllowHosts names hosts that may learn session, user, metadata and span names, beside this machine. A pattern is a
// host name or address ("api.example.com"), with a port if only that port is meant ("10.0.0.7:8080"), a name with all
// below it ("*.example.com", which is not example.com itself), or "*" for every host.
func AllowHosts(patterns ...string) TransportOption {
	return transportOption(func(c *transportConfig) {
		for _, p := range patterns {
			c.allow = append(c.allow, strings.ToLower(strings.TrimSpace(p)))
		}
	})
}

// SkipOption is both a HandlerOption and a TransportOption.
type SkipOption struct{ skip func(*http.Request) bool }

func (o SkipOption) applyHandler(c *handlerConfig)     { c.skip = o.skip }
func (o SkipOption) applyTransport(c *transportConfig) { c.skip = o.skip }

// Skip makes no span for the requests that skip reports true for, such as health checks. Their trace context still
// passes through.
func Skip(skip func(*http.Request) bool) SkipOption { return SkipOption{skip} }

// allowed reports whether a host, with or without port, may learn what children inherit.
func (c *transportConfig) allowed(hostPort string) bool {
	hostPort = strings.ToLower(hostPort)
	host := strings.TrimSuffix(hostOf(hostPort), ".")
	if loopback(host) {
		return true
	}
	for _, p := range c.allow {
		suffix, wild := strings.CutPrefix(p, "*")
		switch {
		case p == "*", p == host, p == hostPort:
			return true
		case wild && strings.HasPrefix(suffix, ".") && len(host) > len(suffix) && strings.HasSuffix(host, suffix):
			return true
		}
	}
	return false
}

// loopback is this machine by RFC 6761 and the address families' own rules.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if !strings.HasPrefix(host, "127.") && strings.IndexByte(host, ':') < 0 { // or else the error would cost allocations
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hostOf takes the port and the brackets off.
func hostOf(hostPort string) string {
	host := hostPort
	if strings.IndexByte(hostPort, ':') >= 0 { // or else the error would cost an allocation
		if h, _, err := net.SplitHostPort(hostPort); err == nil {
			host = h
		}
	}
	return strings.Trim(host, "[]")
}
