package clewhttp

import (
	"hash/maphash"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/internal/tracer"
)

// kind is what all requests of the same traits have in common: the name of their spans, and most attributes.
type kind struct {
	traits traits
	name   string
	shared *tracer.Shared
}

// traits are what tells one kind of requests from another. Without a client they are those of a server's request.
type traits struct {
	method, route, host, scheme string
	major, minor                int // of the protocol; a client learns them from the response
	client                      bool
}

// kinds remembers kinds that came lately, because a program has few of them and making one takes a while. The zero value is
// ready. A stranger who thinks of many makes others be forgotten, no more.
type kinds [64]atomic.Pointer[kind]

// longestTraits is how long the texts of a kind that is remembered may be, together: a stranger chooses the host.
const longestTraits = 1024

var seed = maphash.MakeSeed()

// of returns the kind of a request.
func (k *kinds) of(t traits) *kind {
	h := maphash.String(seed, t.host) ^ maphash.String(seed, t.route)*3 ^ maphash.String(seed, t.method)*5
	place := &k[h%uint64(len(k))]
	if known := place.Load(); known != nil && known.traits == t {
		return known
	}
	made := t.kind()
	if len(t.method)+len(t.route)+len(t.host)+len(t.scheme) <= longestTraits {
		place.Store(made)
	}
	return made
}

func (t traits) kind() *kind {
	t.method, t.route, t.host, t.scheme = strings.Clone(t.method), strings.Clone(t.route), strings.Clone(t.host), strings.Clone(t.scheme) // or else all the headers would stay in memory
	var room [8]attribute.KeyValue
	attrs, name := appendMethod(room[:0], t.method)
	if t.route != "" {
		attrs = append(attrs, keyRoute.String(t.route))
		name += " " + t.route
	}
	if !t.client {
		attrs = append(attrs, keyURLScheme.String(t.scheme), protocol(t.major, t.minor))
	}
	attrs = appendServer(attrs, t.host, t.scheme)
	return &kind{t, name, tracer.Share(attrs...)}
}

// appendMethod appends the attributes of a method and returns how it is called in a span's name.
func appendMethod(attrs []attribute.KeyValue, raw string) (all []attribute.KeyValue, name string) {
	switch {
	case raw == "":
		return append(attrs, keyMethod.String(http.MethodGet)), http.MethodGet
	case slices.Contains(methods, raw):
		return append(attrs, keyMethod.String(raw)), raw
	}
	return append(attrs, keyMethod.String("_OTHER"), keyMethodOriginal.String(cut(raw))), "HTTP"
}
