// Package load makes traces as agents make them, always the same for a seed, to
// measure a server with: conversations that are sent again with each call of a
// model, tools in between, several services, some errors, a few traces that go
// on for hours. What it makes is OTLP; who sends it and measures is elsewhere.
package load

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Config says what is made. Zero fields have defaults, but for Seed and Start.
type Config struct {
	Seed   uint64
	Size   int       // bytes of a span on average, roughly; 3,900
	PerSec int       // spans a second of trace time: the more, the more traces are under way at once; 1
	Start  time.Time // of the first trace
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *int
		value int
	}{{&c.Size, 3900}, {&c.PerSec, 1}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return c
}

// Begin is when the n-th trace begins.
func (c Config) Begin(n int) time.Time {
	gap := int64(time.Second) * (minTrace + maxTrace) / 2 / int64(c.withDefaults().PerSec)
	return c.Start.Add(time.Duration(int64(n) * gap))
}

// What the standard queries look for.
const (
	RareWord        = "xylophonequark"   // in the question of one trace in 500
	FlagAttribute   = "app.feature_flag" // of most spans that call no model
	PromptAttribute = "prompt.name"      // of each call of a model
)

// CommonWords are in most calls of a model.
var CommonWords = strings.Fields("customer order payment invoice account support request version schedule team report price product")

// Flag is a value of FlagAttribute; a thousand are made.
func Flag(n int) string { return fmt.Sprintf("flag-%d", n%1000) }

// Prompt is a value of PromptAttribute; forty are made.
func Prompt(n int) string { return fmt.Sprintf("prompt-%d", n%40) }

// Services are the names of the services. Most traces begin in the first.
var Services = []string{"agent-api", "retriever", "tool-runner", "gateway", "planner"}

var (
	models = []string{"gpt-4.1", "gpt-4.1-mini", "claude-sonnet-4", "gemini-2.5-pro"}
	tiers  = []string{"free", "silver", "gold"}
	tools  = []string{"HTTP POST /v1/chat", "db.query users", "vector.search", "cache.get", "tool.web_search", "tool.sql", "rerank", "queue.publish", "auth.check", "fetch.document"}
)

// maxTrace is how many spans a trace has at most; minTrace at least.
const (
	minTrace = 20
	maxTrace = 60
)

// Span names one span: the n-th of a trace.
type Span struct{ Trace, N int }

// TraceID returns the id of the n-th trace of a seed.
func TraceID(seed uint64, n int) (id [16]byte) {
	r := rand.New(rand.NewPCG(seed, uint64(n)<<1))
	binary.BigEndian.PutUint64(id[:8], r.Uint64()|1)
	binary.BigEndian.PutUint64(id[8:], r.Uint64()|1)
	return id
}

// SpanID returns the id of a span.
func SpanID(s Span) (id [8]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(s.Trace+1)<<16|uint64(s.N+1))
	return id
}

// Session returns the session that a trace is in: five traces are one.
func Session(trace int) string { return fmt.Sprintf("sess-%08x", uint32(trace/5)*2654435761) }
