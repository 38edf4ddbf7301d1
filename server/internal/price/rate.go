package price

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
)

// rate is a price of a million tokens in units of 1e-12 dollars. The zero rate
// is no price.
type rate struct {
	set   bool
	base  int64
	tiers []tier // by rising start
}

// tier is the price of all tokens of a call whose input has more than start.
type tier struct{ start, price int64 }

func (r *rate) addTier(start, price int64) {
	r.tiers = append(r.tiers, tier{start, price})
	slices.SortFunc(r.tiers, func(a, b tier) int { return int(min(1, max(-1, a.start-b.start))) })
}

// at returns the price for a call with so much input, and from how many tokens
// on it holds.
func (r *rate) at(input int64) (price, start int64) {
	price = r.base
	for _, t := range r.tiers {
		if input > t.start {
			price, start = t.price, t.start
		}
	}
	return price, start
}

// UnmarshalJSON reads a number of dollars, also as text, or {base, tiers}.
func (r *rate) UnmarshalJSON(b []byte) error {
	r.set = true
	if !bytes.HasPrefix(b, []byte("{")) {
		var err error
		r.base, err = dollars(b)
		return err
	}
	var t struct {
		Base  json.RawMessage
		Tiers []struct {
			Start int64
			Price json.RawMessage
		}
	}
	err := json.Unmarshal(b, &t)
	if err == nil {
		r.base, err = dollars(t.Base)
	}
	for _, tr := range t.Tiers {
		if err != nil {
			break
		}
		var price int64
		price, err = dollars(tr.Price)
		r.addTier(tr.Start, price)
	}
	return err
}

func dollars(b []byte) (int64, error) {
	text := strings.Trim(string(b), `"`)
	r, ok := new(big.Rat).SetString(text)
	if !ok || len(text) > 64 {
		return 0, fmt.Errorf("%.64q is no price in dollars", text)
	}
	return units(r, json.Number(text))
}

// maxRate is a million dollars for a million tokens.
var maxRate = big.NewRat(1_000_000, 1)

// units rounds dollars to 1e-12 dollars.
func units(r *big.Rat, text json.Number) (int64, error) {
	if r.Sign() < 0 || r.Cmp(maxRate) > 0 {
		return 0, fmt.Errorf("%s is no price in dollars: want 0 to a million", text)
	}
	r = new(big.Rat).Mul(r, big.NewRat(1_000_000_000_000, 1))
	half := new(big.Int).Rsh(r.Denom(), 1)
	return new(big.Int).Quo(new(big.Int).Add(r.Num(), half), r.Denom()).Int64(), nil
}

// prices are the rates of one model at one time. Other units than tokens are
// counted, because a model that has them can't be priced by tokens alone.
type prices struct {
	Input        rate `json:"input_mtok"`
	Output       rate `json:"output_mtok"`
	CacheRead    rate `json:"cache_read_mtok"`
	CacheWrite   rate `json:"cache_write_mtok"`
	CacheWrite1h rate `json:"cache_write_1h_mtok"`
	AudioInput   rate `json:"input_audio_mtok"`
	AudioOutput  rate `json:"output_audio_mtok"`
	Reasoning    rate `json:"output_reasoning_mtok"`
	Requests     rate `json:"requests_kcount"` // of a thousand requests
}

// override replaces those rates that with has.
func (p *prices) override(with *prices) {
	for _, r := range []struct{ to, from *rate }{
		{&p.Input, &with.Input}, {&p.Output, &with.Output}, {&p.CacheRead, &with.CacheRead}, {&p.CacheWrite, &with.CacheWrite},
		{&p.CacheWrite1h, &with.CacheWrite1h}, {&p.AudioInput, &with.AudioInput},
		{&p.AudioOutput, &with.AudioOutput}, {&p.Reasoning, &with.Reasoning}, {&p.Requests, &with.Requests},
	} {
		if r.from.set {
			*r.to = *r.from
		}
	}
}

// dated are the prices of a model over time. The last whose constraint holds
// counts, else the first.
type dated []conditional

type conditional struct {
	When   *constraint `json:"constraint"`
	Prices prices      `json:"prices"`
}

// UnmarshalJSON reads prices alone, or a list of prices with constraints.
func (d *dated) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("[")) {
		return json.Unmarshal(b, (*[]conditional)(d))
	}
	*d = dated{{}}
	return json.Unmarshal(b, &(*d)[0].Prices)
}

// at returns the prices of a time and what they depend on, in words.
func (d dated) at(t time.Time) (p prices, why string) {
	for _, c := range slices.Backward(d) {
		if c.When.holds(t) {
			return c.Prices, c.When.String()
		}
	}
	if len(d) == 0 {
		return p, ""
	}
	return d[0].Prices, ""
}

// variant are prices that differ under circumstances: a batch, a service tier.
type variant struct {
	When   map[string]string `json:"when"`
	Only   *constraint       `json:"constraint"`
	Prices prices            `json:"prices"`
}

// holds reports whether all of a variant's conditions are met.
func (v *variant) holds(circumstances map[string]string, t time.Time) bool {
	for k, want := range v.When {
		if circumstances[k] != want {
			return false
		}
	}
	return len(v.When) > 0 && v.Only.holds(t)
}

// constraint is when prices hold: from a date on, or within hours of each day,
// in UTC. nil is always.
type constraint struct {
	StartDate string `json:"start_date"`
	StartTime string `json:"start_time"`
	EndTime   string `json:"end_time"`
}

func (c *constraint) holds(t time.Time) bool {
	if c == nil {
		return true
	}
	t = t.UTC()
	if c.StartDate != "" {
		return t.Format(time.DateOnly) >= c.StartDate
	}
	now := t.Format("15:04")
	start, end := clock(c.StartTime), clock(c.EndTime)
	if end < start {
		return now >= start || now < end
	}
	return start <= now && now < end
}

// clock cuts seconds and zone off: 00:30:00Z is 00:30.
func clock(s string) string { return s[:min(len(s), 5)] }

// String says when, "" for always.
func (c *constraint) String() string {
	switch {
	case c == nil:
		return ""
	case c.StartDate != "":
		return "from " + c.StartDate
	default:
		return clock(c.StartTime) + " to " + clock(c.EndTime) + " UTC"
	}
}

// clause is a condition on a name. All of it that is given must hold.
type clause struct {
	Equals     string   `json:"equals"`
	StartsWith string   `json:"starts_with"`
	EndsWith   string   `json:"ends_with"`
	Contains   string   `json:"contains"`
	Regex      pattern  `json:"regex"`
	Or         []clause `json:"or"`
	And        []clause `json:"and"`
	Not        *clause  `json:"not"`
}

// match reports whether the clause holds for a name in lower case. An empty
// clause holds for nothing.
func (c *clause) match(name string) bool {
	switch {
	case c.Equals != "":
		return name == strings.ToLower(c.Equals)
	case c.StartsWith != "":
		return strings.HasPrefix(name, strings.ToLower(c.StartsWith))
	case c.EndsWith != "":
		return strings.HasSuffix(name, strings.ToLower(c.EndsWith))
	case c.Contains != "":
		return strings.Contains(name, strings.ToLower(c.Contains))
	case c.Regex.re != nil:
		return c.Regex.re.MatchString(name)
	case c.Not != nil:
		return !c.Not.match(name)
	case len(c.Or) > 0:
		return slices.ContainsFunc(c.Or, func(o clause) bool { return o.match(name) })
	case len(c.And) > 0:
		return !slices.ContainsFunc(c.And, func(o clause) bool { return !o.match(name) })
	}
	return false
}

// pattern is a regular expression that ignores case.
type pattern struct{ re *regexp.Regexp }

// UnmarshalJSON compiles a pattern.
func (p *pattern) UnmarshalJSON(b []byte) error {
	var text string
	err := json.Unmarshal(b, &text)
	if err == nil && text != "" {
		p.re, err = regexp.Compile("(?i)" + text)
	}
	return err
}
