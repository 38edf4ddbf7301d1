package dialect

import (
	"cmp"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// field is what a rule gives.
type field uint8

// The fields. Counts are of tokens; money is in US dollars.
const (
	spanType field = iota
	operation
	session
	user
	tags
	provider
	requestModel
	responseModel
	input
	output
	tools
	inputTokens
	outputTokens
	cacheRead
	cacheWrite
	cacheWrite5m
	cacheWrite1h
	reasoning
	audioInput
	audioOutput
	serviceTier
	batch
	givenCost
	inputCost
	outputCost
	finishReasons
	responseID
	firstToken // seconds from the span's start
	toolName
	toolCallID
	agentName
	promptName
	promptVersion
	promptID
	level
	statusText
	environment
	fieldCount
)

// fields is what is known of each field: its name in an explanation, and which
// values can be its own. A key with another value counts as absent, so that the
// next one is asked.
var fields = [fieldCount]struct {
	name   string
	usable func(trace.Value) bool
}{
	spanType:      {"type", isText},
	operation:     {"operation", isText},
	session:       {"session_id", isScalar},
	user:          {"user_id", isScalar},
	tags:          {"tags", func(v trace.Value) bool { return len(tagList(v)) > 0 }},
	provider:      {"provider", isScalar},
	requestModel:  {"request_model", isScalar},
	responseModel: {"model", isScalar},
	input:         {"input", isSomething},
	output:        {"output", isSomething},
	tools:         {"tools", isSomething},
	inputTokens:   {"usage.input_tokens", isCount},
	outputTokens:  {"usage.output_tokens", isCount},
	cacheRead:     {"usage.cache_read_tokens", isCount},
	cacheWrite:    {"usage.cache_write_tokens", isCount},
	cacheWrite5m:  {"usage.cache_write_5m_tokens", isCount},
	cacheWrite1h:  {"usage.cache_write_1h_tokens", isCount},
	reasoning:     {"usage.reasoning_tokens", isCount},
	audioInput:    {"usage.audio_input_tokens", isCount},
	audioOutput:   {"usage.audio_output_tokens", isCount},
	serviceTier:   {"usage.service_tier", isText},
	batch:         {"usage.batch", func(v trace.Value) bool { _, ok := truth(v); return ok }},
	givenCost:     {"cost", isMoney},
	inputCost:     {"cost.input", isMoney},
	outputCost:    {"cost.output", isMoney},
	finishReasons: {"finish_reasons", func(v trace.Value) bool { return len(tagList(v)) > 0 }},
	responseID:    {"response_id", isScalar},
	firstToken:    {"time_to_first_token", isSeconds},
	toolName:      {"tool_name", isScalar},
	toolCallID:    {"tool_call_id", isScalar},
	agentName:     {"agent_name", isScalar},
	promptName:    {"prompt.name", isScalar},
	promptVersion: {"prompt.version", isScalar},
	promptID:      {"prompt.id", isScalar},
	level:         {"level", isText},
	statusText:    {"status_text", isText},
	environment:   {"environment", isScalar},
}

// tier is how much a rule has to say against those of other dialects.
type tier uint8

const (
	ordinary   tier = iota // the words of a convention for this very thing
	said                   // a tool's own words, written to be shown
	lastResort             // words so general that any other is better
)

// weight orders the tiers, the strongest first.
var weight = [...]int{said: 0, ordinary: 1, lastResort: 2}

// A rule says where a field may stand: under one of keys, the first usable one,
// or in what make puts together from several places.
type rule struct {
	field field
	tier  tier
	keys  []string

	// read returns what is meant by what stands under one of keys, and where in
	// it that is, such as "usage.total", "" for all of it. nil takes it as it is.
	read func(v trace.Value) (meant trace.Value, where string)

	// make returns the value and the key, or pattern of keys, that it comes
	// from; no key when there is none.
	make func(s *trace.Span) (v trace.Value, key string)

	how   string // what is done with what stands there, for an explanation; "" is nothing
	apart bool   // of inputTokens: the count leaves out what was read from and written to a cache
}

// from is the rule that f stands under the first of keys.
func from(f field, keys ...string) rule { return rule{field: f, keys: keys} }

// sayings makes rules the tool's own words.
func sayings(rules ...rule) []rule { return inTier(said, rules) }

// lastResorts makes rules the last that are asked.
func lastResorts(rules ...rule) []rule { return inTier(lastResort, rules) }

func inTier(t tier, rules []rule) []rule {
	for i := range rules {
		rules[i].tier = t
	}
	return rules
}

// inJSON is the rule that f stands in the JSON object under key, at one of the
// paths, whose steps have dots between them.
func inJSON(f field, key string, paths ...string) rule {
	return rule{field: f, keys: []string{key}, read: func(v trace.Value) (trace.Value, string) {
		obj := object(v)
		for _, path := range paths {
			if found := at(obj, path); fields[f].usable(found) {
				return found, path
			}
		}
		return trace.Value{}, ""
	}}
}

// placed is one key of a rule, or its make, in the order of precedence.
type placed struct {
	dialect int
	rule    *rule
}

// table is the dialects turned around: what a walk over a span's attributes needs.
type table struct {
	order  []placed            // by precedence, the strongest first
	keys   map[string][]uint16 // places in order that a key has
	makers [fieldCount][]uint16
	words  map[string][]int // dialects that a first word belongs to
}

var turned = turn(dialects)

func turn(ds []dialect) *table {
	t := &table{keys: map[string][]uint16{}, words: map[string][]int{}}
	type entry struct {
		placed
		key string
	}
	var all []entry
	for i := range ds {
		for _, w := range ds[i].words {
			t.words[w] = append(t.words[w], i)
		}
		for j := range ds[i].rules {
			r := &ds[i].rules[j]
			for _, key := range r.keys {
				all = append(all, entry{placed{i, r}, key})
			}
			if r.make != nil {
				all = append(all, entry{placed{i, r}, ""})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(weight[a.rule.tier], weight[b.rule.tier]) })
	for n, e := range all {
		t.order = append(t.order, e.placed)
		if e.key == "" {
			t.makers[e.rule.field] = append(t.makers[e.rule.field], uint16(n))
		} else {
			t.keys[e.key] = append(t.keys[e.key], uint16(n))
		}
	}
	return t
}
