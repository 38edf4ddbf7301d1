package dialect

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// usable reports whether v can be the value of f. A key with an unusable value
// counts as absent, so that the next one is asked.
func usable(f field, v trace.Value) bool {
	switch f {
	case inputTokens, outputTokens:
		return count(v) != nil
	case cost:
		return money(v) != nil
	case tags:
		return len(tagList(v)) > 0
	case input, output:
		return v.Type != trace.Empty && (v.Type != trace.String || v.Str != "")
	default:
		return v.Type != trace.Empty && v.Type != trace.Array && v.Type != trace.Map && (v.Type != trace.String || v.Str != "")
	}
}

// maxExact is the largest integer up to which a float64 holds every integer.
const maxExact = 1 << 53

// count reads a number of tokens: an int, a whole double or their decimal text.
func count(v trace.Value) *int64 {
	n := v.Int
	switch v.Type {
	case trace.Int:
	case trace.Double:
		if v.Double != math.Trunc(v.Double) || math.Abs(v.Double) > maxExact {
			return nil
		}
		n = int64(v.Double)
	case trace.String:
		var err error
		if n, err = strconv.ParseInt(strings.TrimSpace(v.Str), 10, 64); err != nil {
			return nil
		}
	default:
		return nil
	}
	if n < 0 {
		return nil
	}
	return &n
}

// money reads an amount in US dollars: a double, an int or their decimal text.
func money(v trace.Value) *trace.Money {
	f := v.Double
	switch v.Type {
	case trace.Double:
	case trace.Int:
		f = float64(v.Int)
	case trace.String:
		var err error
		if f, err = strconv.ParseFloat(strings.TrimSpace(v.Str), 64); err != nil {
			return nil
		}
	default:
		return nil
	}
	m, ok := trace.Dollars(f)
	if !ok {
		return nil
	}
	return &m
}

// tagList reads tags from an array, from the JSON text of one, or from a single
// tag. Repetitions and empty tags are left out; order is kept.
func tagList(v trace.Value) []string {
	var raw []string
	switch v.Type {
	case trace.Array:
		for _, e := range v.Array {
			raw = append(raw, e.Text())
		}
	case trace.String:
		if !strings.HasPrefix(v.Str, "[") || json.Unmarshal([]byte(v.Str), &raw) != nil {
			raw = []string{v.Str}
		}
	}
	var list []string
	for _, t := range raw {
		if t = clip(t); t != "" && !slices.Contains(list, t) && len(list) < maxTags {
			list = append(list, t)
		}
	}
	return list
}

// maxTags bounds the tags of one span.
const maxTags = 256

// maxParsed bounds the text that is parsed as a metadata value: what comes out
// may be tens of times larger.
const maxParsed = 64 << 10

// addMetadata adds a to d.Metadata if its key has the prefix. Text that is a
// JSON object or array becomes one, because SDKs can only send it as text. The
// first of repeated keys counts.
func addMetadata(d *trace.Derived, prefix string, a *trace.Attribute) {
	key, ok := strings.CutPrefix(a.Key, prefix)
	if !ok || key == "" {
		return
	}
	if _, again := d.Metadata[key]; again {
		return
	}
	if d.Metadata == nil {
		d.Metadata = map[string]any{}
	}
	d.Metadata[key] = a.Value.Plain()
	if a.Value.Type != trace.String {
		return
	}
	if s := a.Value.Str; len(s) <= maxParsed && (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) {
		var parsed any
		if json.Unmarshal([]byte(s), &parsed) == nil {
			d.Metadata[key] = parsed
		}
	}
}
