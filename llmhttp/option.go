package llmhttp

import (
	"hash/maphash"
	"net/http"
	"strings"
)

// Option configures Transport and Middleware.
type Option interface{ apply(*config) }

type config struct {
	content bool
	limit   int
	others  http.RoundTripper
	hosts   []host

	attempts attempts
}

// defaultLimit is what is kept of one body, in bytes. The largest request that is not mostly media, a context of a
// million tokens, is about half of it.
const defaultLimit = 8 << 20

func newConfig(opts []Option) *config {
	c := &config{content: true, limit: defaultLimit, attempts: attempts{seed: maphash.MakeSeed()}}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	return c
}

type option func(*config)

func (f option) apply(c *config) { f(c) }

// CaptureContent says whether messages, instructions and tool definitions are recorded. The default is true. Without
// them a span still has model, parameters, usage, finish reasons and errors.
func CaptureContent(on bool) Option { return option(func(c *config) { c.content = on }) }

// MaxCapture bounds the copy of each body, in bytes. The default is 8 MiB; 0 or less restores it.
func MaxCapture(bytes int) Option {
	return option(func(c *config) {
		c.limit = bytes
		if bytes <= 0 {
			c.limit = defaultLimit
		}
	})
}

// Others is where Transport sends the requests that go to no model provider, instead of to its base. With
// clewhttp.Transport they get spans and carry the trace along, which requests to model providers must not: those to
// the hosts in hosts.go, and to the ones given to Host, go to the base whatever they ask for. It has no effect on Middleware.
func Others(transport http.RoundTripper) Option {
	return option(func(c *config) { c.others = transport })
}

// Host says which provider answers at a host that hosts.go does not know, such as a gateway or a model server of one's
// own: Host("models.internal:8080", "ollama"). The pattern is a host, with a port or without, in which * stands for
// anything; one that is not well-formed fits nothing. The provider is recorded as gen_ai.provider.name. It wins over what
// is known.
func Host(pattern, provider string) Option {
	return option(func(c *config) { c.hosts = append(c.hosts, host{strings.ToLower(pattern), provider}) })
}
