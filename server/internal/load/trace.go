package load

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

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
	g.words = strings.Fields("the of and to in is you that it for on are with as be this have from or by not what all can your when use how will about many then them time look more write number people water find long day part please answer question context system result function value data query summary because " + strings.Join(CommonWords, " ") + " plan flight hotel city weather")
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

// turn writes a turn of a conversation; its words need no escapes.
func turn(role, content string) string {
	return `{"role":"` + role + `","content":"` + content + `"}`
}

// conversation writes turns as JSON.
func conversation(turns []string) string { return "[" + strings.Join(turns, ",") + "]" }

// size is how long turns, at least one, are as a conversation.
func size(turns []string) int {
	n := 1 + len(turns)
	for _, t := range turns {
		n += len(t)
	}
	return n
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
	question, answer := g.text(r, 150+r.IntN(900)), ""
	if r.IntN(500) == 0 {
		question += RareWord
	}
	history := []string{turn("system", g.prompts[no%len(g.prompts)]), turn("user", question)}
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
			for float64(size(history)) > maxHistory*g.scale && len(history) > 3 {
				history = append(history[:1:1], history[2:]...)
			}
			input := conversation(history)
			answer = g.text(r, 300+r.IntN(2700))
			s.attributes = make([]byte, 0, len(input)+len(answer)+1024)
			s.name, s.kind = "chat "+model, 3
			s.end = now + int64(400e6+r.ExpFloat64()*2e9)
			s.text("gen_ai.operation.name", "chat")
			s.text("gen_ai.request.model", model)
			s.text(PromptAttribute, Prompt(r.IntN(40)))
			s.text("gen_ai.response.id", fmt.Sprintf("resp_%016x", r.Uint64()))
			s.int("gen_ai.usage.input_tokens", int64(len(input)/4))
			s.int("gen_ai.usage.output_tokens", int64(len(answer)/4))
			s.text("gen_ai.input.messages", input)
			s.text("gen_ai.output.messages", conversation([]string{turn("assistant", answer)}))
			history = append(history, turn("assistant", answer), turn("tool", g.text(r, 200+r.IntN(900))))
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
				if i == 0 {
					s.text(FlagAttribute, Flag(r.IntN(1000)))
					continue
				}
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
	root.text("customer.tier", tiers[no%len(tiers)])
	root.text("input.value", question)
	root.text("output.value", answer)
	root.common(no)
	service := 0
	if r.IntN(10) < 4 {
		service = r.IntN(len(Services))
	}
	return append(spans, &made{Span{no, 0}, root.end, service, root.encode()})
}
