package price

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// Call is a model call to be priced.
type Call struct {
	Provider     string     // OpenTelemetry's name, "" when unknown
	Model        string     // that answered
	RequestModel string     // that was asked for
	At           trace.Time // of the call
	Usage        trace.Usage
}

// Quote is what a call cost and how that comes about.
type Quote struct {
	Cost  trace.Money
	From  string // edition, model and circumstances of the price
	Lines []Line // they add up to Cost, but for rounding
}

// Line is one product of the sum.
type Line struct {
	What   string // "input", "cache read", …
	Tokens int64
	Price  trace.Money // of a million tokens
}

// Amount returns the product, rounded like a whole call's.
func (l Line) Amount() trace.Money {
	m, _ := total([]Line{l}, rate{})
	return m
}

// Price returns what c cost; ok is false when that is not known.
func (b *Book) Price(c Call) (q Quote, ok bool) {
	if b == nil || c.Usage.Input == nil {
		return q, false
	}
	for _, name := range []string{c.Model, c.RequestModel} {
		if name == "" || len(name) > maxName {
			continue
		}
		f := b.find(query{strings.ToLower(c.Provider), strings.ToLower(strings.TrimSpace(name))})
		if f == nil {
			continue
		}
		return f.price(c)
	}
	return q, false
}

// maxName bounds the name of a model that is looked up, in bytes.
const maxName = 512

// price works c out with the model's prices.
func (f *found) price(c Call) (q Quote, ok bool) {
	at := c.At.Std()
	p, when := f.model.Prices.at(at)
	from := []string{f.edition + ": " + f.provider + " " + f.model.ID}
	if when != "" {
		from = append(from, when)
	}
	circumstances := c.circumstances()
	special, applied := f.model.special(circumstances, at)
	p.override(&special)
	halve := false
	if circumstances["processing"] == "batch" {
		halve = !applied["processing"]
		from = append(from, map[bool]string{false: "batch", true: "half of it as a batch"}[halve])
	} else if tier := circumstances["service_tier"]; tier != "default" {
		if !applied["service_tier"] {
			return q, false // another price, and not a known one
		}
		from = append(from, "service tier "+tier)
	}
	lines, start, ok := p.lines(&c.Usage)
	if !ok {
		return q, false
	}
	if start > 0 {
		from = append(from, fmt.Sprintf("over %d tokens of input", start))
	}
	if halve {
		for i := range lines {
			lines[i].Price /= 2
		}
	}
	q = Quote{From: strings.Join(from, ", "), Lines: lines}
	q.Cost, ok = total(lines, p.Requests)
	return q, ok
}

// special returns the prices that hold under circumstances only, and which of
// the circumstances have some. Of two prices for the same the first counts.
func (m *model) special(circumstances map[string]string, at time.Time) (p prices, applied map[string]bool) {
	applied = map[string]bool{}
	for i := range m.Variants {
		v := &m.Variants[i]
		if !v.holds(circumstances, at) {
			continue
		}
		both := v.Prices
		both.override(&p)
		p = both
		for name := range v.When {
			applied[name] = true
		}
	}
	return p, applied
}

// circumstances are what variants of a price ask for.
func (c *Call) circumstances() map[string]string {
	out := map[string]string{"service_tier": "default"}
	if c.Usage.Batch {
		out["processing"] = "batch"
	}
	switch c.Usage.Tier {
	case "", "auto", "standard", "standard_only", "on_demand", "default":
	case "batch":
		out["processing"] = "batch"
	default:
		out["service_tier"] = c.Usage.Tier
	}
	return out
}

// lines are the parts of what a usage costs; ok is false when a part has no
// price. start is the tier that was reached.
func (p *prices) lines(u *trace.Usage) (out []Line, start int64, ok bool) {
	ok = true
	input := *u.Input
	add := func(what string, n int64, rates ...*rate) {
		if n <= 0 {
			return
		}
		for _, r := range rates {
			if r.set {
				price, from := r.at(input)
				start = max(start, from)
				out = append(out, Line{what, n, trace.Money(price)})
				return
			}
		}
		ok = false
	}
	// A part is taken out of its whole, and is at most what is left of it.
	rest := input
	take := func(n *int64) int64 {
		if n == nil || *n < 0 {
			return 0
		}
		taken := min(*n, rest)
		rest -= taken
		return taken
	}
	read, written := take(u.CacheRead), take(u.CacheWrite)
	written1h := int64(0)
	if u.CacheWrite1h != nil {
		written1h = min(max(0, *u.CacheWrite1h), written)
	}
	audio := int64(0)
	if p.AudioInput.set {
		audio = take(u.AudioInput)
	}
	add("input", rest, &p.Input)
	add("audio input", audio, &p.AudioInput)
	add("cache read", read, &p.CacheRead, &p.Input)
	add("cache write", written-written1h, &p.CacheWrite, &p.Input)
	add("cache write, 1 h", written1h, &p.CacheWrite1h, &p.CacheWrite, &p.Input)

	if u.Output == nil {
		return out, start, ok && !p.Output.set // an embedding has no output, an answer of unknown length has no price
	}
	rest = *u.Output
	thought, spoken := int64(0), int64(0)
	if p.Reasoning.set {
		thought = take(u.Reasoning)
	}
	if p.AudioOutput.set {
		spoken = take(u.AudioOutput)
	}
	add("output", rest, &p.Output)
	add("reasoning", thought, &p.Reasoning)
	add("audio output", spoken, &p.AudioOutput)
	return out, start, ok && (p.Input.set || p.Output.set)
}

// total adds up lines, and the price of the request itself, in one go and
// rounds once.
func total(lines []Line, requests rate) (trace.Money, bool) {
	sum := new(big.Int)
	for _, l := range lines {
		sum.Add(sum, new(big.Int).Mul(big.NewInt(l.Tokens), big.NewInt(int64(l.Price))))
	}
	if requests.set { // of a thousand: as much as a thousand tokens at that price
		sum.Add(sum, new(big.Int).Mul(big.NewInt(1000), big.NewInt(requests.base)))
	}
	sum.Add(sum, big.NewInt(perMillionTokens/2))
	sum.Quo(sum, big.NewInt(perMillionTokens))
	if !sum.IsInt64() || sum.Int64() > int64(trace.MaxMoney) {
		return 0, false
	}
	return trace.Money(sum.Int64()), true
}

// perMillionTokens is how many tokens a price is for.
const perMillionTokens = 1_000_000
