package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// Op is how a field is compared.
type Op string

// The operators. Equal may also be written "=".
const (
	Equal        Op = ":"
	NotEqual     Op = "!="
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
)

func (o Op) holds(order int) bool {
	switch o {
	case Equal:
		return order == 0
	case Less:
		return order < 0
	case LessEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterEqual:
		return order >= 0
	default:
		return false
	}
}

// Value is what a field is compared with.
type Value struct {
	Text string // as written; a relative time is made absolute
	Glob bool   // a * in Text stands for anything

	// What Text says for a field whose values are not text.
	Int      int64   // number, dollars ([trace.Money]), duration or time (nanoseconds)
	Float    float64 // the number that Text is
	IsNumber bool    // Text is a number
}

// String is the value in the language.
func (v Value) String() string {
	if v.Glob {
		return v.Text
	}
	return Quote(v.Text)
}

// matchText compares with a text: all of it, in its case. A * is any text that
// isn't empty, as the whole value; elsewhere it may be empty.
func (v Value) matchText(text string) bool {
	if !v.Glob {
		return text == v.Text
	}
	if v.anyText() {
		return text != ""
	}
	parts := strings.Split(v.Text, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		at := strings.Index(text, p)
		if at < 0 {
			return false
		}
		text = text[at+len(p):]
	}
	return true
}

// anyText reports whether the value stands for every text but the empty one.
func (v Value) anyText() bool { return v.Glob && strings.Trim(v.Text, "*") == "" }

// Phrase is the value as words; ok is false when it has none.
func (v Value) Phrase() (p Phrase, ok bool) {
	return ParsePhrase(strings.TrimRight(v.Text, "*"), v.Glob)
}

func (v Value) hasWords() bool { _, ok := v.Phrase(); return ok }

// matchWords reports whether text has the words of the value.
func (v Value) matchWords(text string) bool {
	if v.anyText() {
		return text != ""
	}
	p, ok := v.Phrase()
	return ok && p.In(text)
}

// parse reads v.Text as values of the kind are written.
func (v *Value) parse(k kind, now time.Time) error {
	v.Float, v.IsNumber = parseNumber(v.Text)
	var err error
	switch k {
	case number:
		if !v.IsNumber {
			return fmt.Errorf("%.40q is not a number, such as 200 or 1.5k", v.Text)
		}
		v.Int = clamp(v.Float)
	case dollars:
		if v.Float, v.IsNumber = parseNumber(strings.TrimPrefix(v.Text, "$")); !v.IsNumber {
			return fmt.Errorf("%.40q is not an amount of dollars, such as 0.25", v.Text)
		}
		v.Int = clamp(math.Round(v.Float * float64(trace.Dollar)))
	case duration:
		v.Int, err = parseDuration(v.Text)
	case moment:
		var t time.Time
		if t, err = parseTime(v.Text, now); err == nil {
			v.Int, v.Text = t.UnixNano(), t.UTC().Format(time.RFC3339Nano)
		}
	}
	return err
}

// multiples are what may follow a number.
var multiples = map[byte]float64{'k': 1e3, 'K': 1e3, 'M': 1e6, 'G': 1e9}

func parseNumber(text string) (float64, bool) {
	times := 1.0
	if n := len(text); n > 1 && multiples[text[n-1]] != 0 {
		times, text = multiples[text[n-1]], text[:n-1]
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(text, "xX_pP") {
		return 0, false
	}
	return f * times, true
}

// units of durations, in nanoseconds; the longer of two that begin alike first.
var units = []struct {
	name string
	ns   float64
}{
	{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"w", 7 * 86400e9},
}

// ParseDuration reads a duration as a query has it: 300ms, 1.5s, 2h30m, 3d. A
// number without a unit is refused.
func ParseDuration(text string) (time.Duration, error) {
	ns, err := parseDuration(text)
	return time.Duration(ns), err
}

func parseDuration(text string) (int64, error) {
	rest, total := text, 0.0
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		n, err := strconv.ParseFloat(rest[:digits], 64)
		rest = rest[digits:]
		found := false
		for _, u := range units {
			if after, ok := strings.CutPrefix(rest, u.name); ok && err == nil {
				total, rest, found = total+n*u.ns, after, true
				break
			}
		}
		if !found {
			return 0, fmt.Errorf("%.40q is not a duration, such as 300ms, 1.5s, 2h or 3d", text)
		}
	}
	if text == "" || total > math.MaxInt64 {
		return 0, fmt.Errorf("%.40q is not a duration, such as 300ms, 1.5s, 2h or 3d", text)
	}
	return clamp(math.Round(total)), nil
}

var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}

// The times that 64 bits of nanoseconds can hold.
var earliest, latest = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

// parseTime reads a date or a time (UTC unless it says otherwise), "now", or a
// duration before now: -1h, now-2d.
func parseTime(text string, now time.Time) (time.Time, error) {
	if text == "now" {
		return now, nil
	}
	if ago, ok := strings.CutPrefix(strings.TrimPrefix(text, "now"), "-"); ok {
		d, err := parseDuration(ago)
		return now.Add(-time.Duration(d)), err
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil && t.After(earliest) && t.Before(latest) {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time, such as 2026-11-21, 2026-11-21T10:00:00Z, now or -1h", text)
}

func clamp(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	default:
		return int64(f)
	}
}
