package dialect

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// What a value must be to be one of a kind.

func isSomething(v trace.Value) bool {
	return v.Type != trace.Empty && (v.Type != trace.String || v.Str != "")
}

func isScalar(v trace.Value) bool {
	return isSomething(v) && v.Type != trace.Array && v.Type != trace.Map
}

func isText(v trace.Value) bool { return v.Type == trace.String && v.Str != "" }

func isCount(v trace.Value) bool { return count(v) != nil }

func isMoney(v trace.Value) bool { return money(v) != nil }

func isSeconds(v trace.Value) bool { f, ok := number(v); return ok && f >= 0 && f < 1e9 }

// maxExact is the largest integer up to which a float64 holds every integer.
const maxExact = 1 << 53

// count reads a number of tokens: an int, a whole double, or their decimal
// text, also as the JSON text of an OTLP value.
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
		text := unwrapped(v.Str)
		var err error
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			f, ok := parseFloat(text)
			if !ok {
				return nil
			}
			return count(trace.DoubleValue(f))
		}
	default:
		return nil
	}
	if n < 0 {
		return nil
	}
	return &n
}

// number reads a double, an int or their decimal text.
func number(v trace.Value) (float64, bool) {
	switch v.Type {
	case trace.Double:
		return v.Double, !math.IsNaN(v.Double) && !math.IsInf(v.Double, 0)
	case trace.Int:
		return float64(v.Int), true
	case trace.String:
		return parseFloat(unwrapped(v.Str))
	default:
		return 0, false
	}
}

func parseFloat(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// unwrapped returns the number in s, which may be the JSON text of an OTLP
// value: some exporters write {"intValue":"12"} into a string.
func unwrapped(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 64 || !strings.HasPrefix(s, "{") {
		return s
	}
	var wrapped map[string]any
	if json.Unmarshal([]byte(s), &wrapped) != nil || len(wrapped) != 1 {
		return s
	}
	for key, v := range wrapped {
		if key == "intValue" || key == "doubleValue" || key == "stringValue" {
			return trace.Attributes{{Key: key, Value: valueOf(v)}}.Text(key)
		}
	}
	return s
}

// money reads an amount in US dollars: a double, an int or their decimal text.
func money(v trace.Value) *trace.Money {
	f, ok := number(v)
	if !ok {
		return nil
	}
	m, ok := trace.Dollars(f)
	if !ok {
		return nil
	}
	return &m
}

// truth reads a switch, which some exporters write as text or as a number.
func truth(v trace.Value) (is, ok bool) {
	switch v.Type {
	case trace.Bool, trace.Int:
		return v.Int != 0, v.Int == 0 || v.Int == 1
	case trace.String:
		is, err := strconv.ParseBool(v.Str)
		return is, err == nil
	}
	return false, false
}

// tagList reads tags from an array, from the JSON text of one, from a list with
// commas, or from a single tag. Repetitions and empty tags are left out; order
// is kept.
func tagList(v trace.Value) []string {
	var raw []string
	switch v.Type {
	case trace.Array:
		for _, e := range v.Array {
			raw = append(raw, e.Text())
		}
	case trace.String:
		if strings.HasPrefix(v.Str, "[") && json.Unmarshal([]byte(v.Str), &raw) == nil {
			break
		}
		for tag := range strings.SplitSeq(v.Str, ",") {
			raw = append(raw, strings.TrimSpace(tag))
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

// addMetadata adds a to the metadata if dialect d keeps some there. Text that
// is a JSON object, array or string becomes what it stands for, because SDKs can
// only send it as text, and some send all of it so.
// The first of repeated keys counts.
func (r *reading) addMetadata(d int, a *trace.Attribute) {
	for _, place := range dialects[d].metadata {
		switch rest, ok := strings.CutPrefix(a.Key, place); {
		case ok && rest != "" && strings.HasSuffix(place, "."):
			if !slices.Contains(notMetadata, rest) {
				r.note(rest, parsed(a.Value))
			}
		case a.Key == place:
			for k, v := range object(a.Value) {
				r.note(k, v)
			}
		}
	}
}

// notMetadata are what tools write among an author's metadata, and what has a
// field of its own.
var notMetadata = []string{
	"userId", "user_id", "sessionId", "session_id", "tags", "langfusePrompt", "thread_id", "chat_id", "conversation_id",
	"langfuse_session_id", "langfuse_user_id", "langfuse_tags",
}

func (r *reading) note(key string, v any) {
	if _, again := r.metadata[key]; again || key == "" {
		return
	}
	if r.metadata == nil {
		r.metadata = map[string]any{}
	}
	r.metadata[key] = v
}

// secondsSince returns how long after s began the RFC 3339 text at is, as a
// value; Empty when it is before or no time.
func secondsSince(s *trace.Span, at string) trace.Value {
	t, err := time.Parse(time.RFC3339Nano, strings.Trim(at, `"`))
	if err != nil || trace.Time(t.UnixNano()) < s.Start {
		return trace.Value{}
	}
	return trace.DoubleValue(float64(trace.Time(t.UnixNano())-s.Start) / 1e9)
}
