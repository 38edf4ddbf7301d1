// Package load makes traces as agents make them, always the same for a seed, to
// measure a server with: conversations that are sent again with each call of a
// model, tools in between, several services, some errors, a few traces that go
// on for hours. What it makes is OTLP; who sends it and measures is elsewhere.
package load

import (
	"container/heap"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Config says what is made. Zero fields have defaults, but for Seed and Start.
type Config struct {
	Seed   uint64
	Spans  int       // in all; 100,000
	Size   int       // bytes of a span on average, roughly; 3,900
	Batch  int       // spans of a request; 512
	PerSec int       // spans a second of trace time: the more, the more traces are under way at once; 1
	Start  time.Time // of the first trace
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *int
		value int
	}{{&c.Spans, 100_000}, {&c.Size, 3900}, {&c.Batch, 512}, {&c.PerSec, 1}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return c
}

// What the standard queries look for.
const (
	RareWord   = "xylophonequark"
	CommonWord = "invoice"
	Attribute  = "customer.tier"
)

// Tiers are the values of Attribute.
var Tiers = []string{"free", "silver", "gold"}

// Services are the names of the services.
var Services = []string{"agent-api", "retriever", "tool-runner", "gateway", "planner"}

var (
	models = []string{"gpt-4.1", "gpt-4.1-mini", "claude-sonnet-4", "gemini-2.5-pro"}
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

// Batch is one request.
type Batch struct {
	Body  []byte // an ExportTraceServiceRequest
	Spans []Span
}

// made is an encoded span.
type made struct {
	span    Span
	end     int64
	service int
	body    []byte
}

// Batches makes all spans in the order in which they end, as their processes
// would send them. The traces that are under way at the end are not whole.
func Batches(c Config) iter.Seq[Batch] {
	c = c.withDefaults()
	return func(yield func(Batch) bool) {
		g := newGenerator(c)
		gap := int64(time.Second) * (minTrace + maxTrace) / 2 / int64(c.PerSec)
		var waiting byEnd
		var batch []*made
		for trace, sent := 0, 0; sent < c.Spans; trace++ {
			start := c.Start.UnixNano() + int64(trace)*gap
			for _, m := range g.trace(trace, start) {
				heap.Push(&waiting, m)
			}
			for len(waiting) > 0 && sent < c.Spans && waiting[0].end < start {
				batch = append(batch, heap.Pop(&waiting).(*made))
				if sent++; len(batch) == c.Batch || sent == c.Spans {
					if !yield(join(batch)) {
						return
					}
					batch = batch[:0]
				}
			}
		}
	}
}

type byEnd []*made

func (h byEnd) Len() int           { return len(h) }
func (h byEnd) Less(i, j int) bool { return h[i].end < h[j].end }
func (h byEnd) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byEnd) Push(x any)        { *h = append(*h, x.(*made)) }
func (h *byEnd) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// join makes a request of spans, one resource a service.
func join(spans []*made) (b Batch) {
	for service, name := range Services {
		var scoped []byte
		for _, m := range spans {
			if m.service == service {
				b.Spans = append(b.Spans, m.span)
				scoped = message(scoped, 2, m.body)
			}
		}
		if scoped == nil {
			continue
		}
		var resource []byte
		for _, kv := range [][2]string{{"service.name", name}, {"service.version", "1.4.2"}, {"deployment.environment", "production"}, {"telemetry.sdk.language", "go"}} {
			resource = text(resource, 1, kv[0], kv[1])
		}
		scope := message(nil, 1, str(nil, 1, "agent-sdk"))
		group := message(message(nil, 1, resource), 2, append(scope, scoped...))
		b.Body = message(b.Body, 1, group)
	}
	return b
}

// generator makes traces; each from its number alone.
type generator struct {
	Config
	words   []string
	prompts []string
	scale   float64
}

func newGenerator(c Config) *generator {
	g := &generator{Config: c, scale: float64(c.Size) / 3900}
	r := rand.New(rand.NewPCG(c.Seed, 1))
	syllables := strings.Fields("ba con der el fi gra hu in jo ka lo men ni or pre qua ra sti tion un ver wi ex ya ze")
	g.words = strings.Fields("the of and to in is you that it for on are with as be this have from or by not what all can your when use how will about many then them time look more write number people water find long day part please answer question context system result function value data query summary because customer order payment " + CommonWord + " account support request version schedule team report price product plan flight hotel city weather")
	for len(g.words) < 20_000 {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		g.words = append(g.words, b.String())
	}
	for range 12 {
		g.prompts = append(g.prompts, g.text(r, 900+r.IntN(900)))
	}
	return g
}

// text writes about n bytes of words, few of which are frequent.
func (g *generator) text(r *rand.Rand, n int) string {
	n = max(4, int(float64(n)*g.scale))
	b := make([]byte, 0, n+16)
	for len(b) < n {
		u := r.Float64()
		b = append(append(b, g.words[int(u*u*u*u*float64(len(g.words)))]...), ' ')
	}
	return string(b)
}

type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// maxHistory is how long a conversation gets before its beginning is left out.
const maxHistory = 12_000

// trace makes the spans of one trace.
func (g *generator) trace(no int, start int64) []*made {
	r := rand.New(rand.NewPCG(g.Seed, uint64(no)<<1|1))
	n := minTrace + r.IntN(maxTrace-minTrace+1)
	id := TraceID(g.Seed, no)
	failing, long := r.IntN(8) == 0, r.IntN(50) == 0
	model := models[r.IntN(len(models))]
	history := []turn{{"system", g.prompts[no%len(g.prompts)]}, {"user", g.text(r, 150+r.IntN(900))}}
	if r.IntN(500) == 0 {
		history[1].Content += RareWord
	}
	question, answer := history[1].Content, ""
	now := start
	spans := make([]*made, 0, n)
	end := start
	for k := 1; k < n; k++ {
		if long && r.IntN(12) == 0 {
			now += r.Int64N(20) * int64(time.Hour)
		}
		s := wireSpan{id: id, span: SpanID(Span{no, k}), parent: SpanID(Span{no, 0}), start: now, kind: 1}
		if k > 4 && r.IntN(2) == 0 {
			s.parent = SpanID(Span{no, k - 1 - r.IntN(3)})
		}
		if r.IntN(10) < 3 {
			input, err := json.Marshal(history)
			for err == nil && float64(len(input)) > maxHistory*g.scale && len(history) > 3 {
				history = append(history[:1:1], history[2:]...)
				input, err = json.Marshal(history)
			}
			answer = g.text(r, 300+r.IntN(2700))
			s.name, s.kind = "chat "+model, 3
			s.end = now + int64(400e6+r.ExpFloat64()*2e9)
			s.text("gen_ai.operation.name", "chat")
			s.text("gen_ai.request.model", model)
			s.text("gen_ai.response.id", fmt.Sprintf("resp_%016x", r.Uint64()))
			s.int("gen_ai.usage.input_tokens", int64(len(input)/4))
			s.int("gen_ai.usage.output_tokens", int64(len(answer)/4))
			s.text("gen_ai.input.messages", string(input))
			s.text("gen_ai.output.messages", `[{"role":"assistant","content":"`+answer+`"}]`)
			history = append(history, turn{"assistant", answer}, turn{"tool", g.text(r, 200+r.IntN(900))})
		} else {
			s.name = tools[r.IntN(len(tools))]
			s.end = now + int64(1e6+r.ExpFloat64()*60e6)
			s.text("http.request.method", "POST")
			s.int("http.response.status_code", int64(200+r.IntN(3)))
			s.text("url.full", fmt.Sprintf("https://internal.example.com/v1/%d", r.IntN(50_000)))
			s.int("thread.id", r.Int64N(64))
			s.text("code.function", "handle_"+g.words[r.IntN(len(g.words))])
			s.text("request.id", fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()))
			for i := range r.IntN(12) {
				s.text(fmt.Sprintf("app.meta.%d", i), g.words[r.IntN(len(g.words))])
			}
		}
		s.failed = failing && r.IntN(10) == 0
		s.common(no)
		now += r.Int64N(s.end - s.start + 1)
		end = max(end, s.end)
		spans = append(spans, &made{Span{no, k}, s.end, r.IntN(len(Services)), s.encode()})
	}
	root := wireSpan{id: id, span: SpanID(Span{no, 0}), start: start, end: end + 1e6, name: "agent.run", kind: 2, failed: failing}
	root.text("url.path", "/v1/agent/run")
	root.text(Attribute, Tiers[no%len(Tiers)])
	root.text("input.value", question)
	root.text("output.value", answer)
	root.common(no)
	return append(spans, &made{Span{no, 0}, root.end, 0, root.encode()})
}

// wireSpan is a span on its way into protobuf.
type wireSpan struct {
	id           [16]byte
	span, parent [8]byte
	name         string
	kind         uint64
	start, end   int64
	failed       bool
	attributes   []byte
}

func (s *wireSpan) text(key, value string)      { s.attributes = text(s.attributes, 9, key, value) }
func (s *wireSpan) int(key string, value int64) { s.attributes = integer(s.attributes, 9, key, value) }

// common adds what each span of a trace has.
func (s *wireSpan) common(trace int) {
	s.text("session.id", Session(trace))
	s.text("user.id", fmt.Sprintf("user-%05d", trace/5%2000))
}

// encode writes the span; field numbers are those of opentelemetry.proto.trace.v1.Span.
func (s *wireSpan) encode() []byte {
	b := make([]byte, 0, len(s.attributes)+128)
	b = message(b, 1, s.id[:])
	b = message(b, 2, s.span[:])
	if s.parent != ([8]byte{}) {
		b = message(b, 4, s.parent[:])
	}
	b = str(b, 5, s.name)
	b = protowire.AppendVarint(protowire.AppendTag(b, 6, protowire.VarintType), s.kind)
	b = protowire.AppendFixed64(protowire.AppendTag(b, 7, protowire.Fixed64Type), uint64(s.start))
	b = protowire.AppendFixed64(protowire.AppendTag(b, 8, protowire.Fixed64Type), uint64(s.end))
	b = append(b, s.attributes...)
	if s.failed {
		b = message(b, 15, protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), 2))
	}
	return b
}

func message(b []byte, field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), content)
}

func str(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

// text and integer write an attribute.
func text(b []byte, field protowire.Number, key, value string) []byte {
	return message(b, field, message(str(nil, 1, key), 2, str(nil, 1, value)))
}

func integer(b []byte, field protowire.Number, key string, value int64) []byte {
	v := protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), uint64(value))
	return message(b, field, message(str(nil, 1, key), 2, v))
}
