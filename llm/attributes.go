package llm

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// A field pairs a place in a Call with the keys it is written under. All keys are written; the first one present is
// read, then those of older.
type field[T any] struct {
	of    func(*Call) *T
	keys  []attribute.Key
	older []attribute.Key
}

var stringFields = []field[string]{
	{of: func(c *Call) *string { return &c.Provider }, keys: []attribute.Key{ProviderKey, SystemKey}},
	{of: func(c *Call) *string { return &c.Model }, keys: []attribute.Key{RequestModelKey}},
	{of: func(c *Call) *string { return &c.Conversation }, keys: []attribute.Key{ConversationKey}},
	{of: func(c *Call) *string { return &c.Params.ReasoningEffort }, keys: []attribute.Key{ReasoningEffortKey}},
	{
		of: func(c *Call) *string { return &c.Params.ServiceTier }, keys: []attribute.Key{RequestTierKey},
		older: []attribute.Key{"openai.request.service_tier"},
	},
	{of: func(c *Call) *string { return &c.Params.OutputType }, keys: []attribute.Key{OutputTypeKey}},
	{of: func(c *Call) *string { return &c.ResponseID }, keys: []attribute.Key{ResponseIDKey}},
	{of: func(c *Call) *string { return &c.ResponseModel }, keys: []attribute.Key{ResponseModelKey}},
	{
		of: func(c *Call) *string { return &c.ResponseTier }, keys: []attribute.Key{ResponseTierKey},
		older: []attribute.Key{"openai.response.service_tier"},
	},
	{of: func(c *Call) *string { return &c.ServerAddress }, keys: []attribute.Key{ServerAddressKey}},
	{of: func(c *Call) *string { return &c.ErrorType }, keys: []attribute.Key{ErrorTypeKey}},
}

var intFields = []field[*int64]{
	{of: func(c *Call) **int64 { return &c.Params.MaxTokens }, keys: []attribute.Key{MaxTokensKey}},
	{of: func(c *Call) **int64 { return &c.Params.TopK }, keys: []attribute.Key{TopKKey}},
	{of: func(c *Call) **int64 { return &c.Params.Seed }, keys: []attribute.Key{SeedKey}},
	{of: func(c *Call) **int64 { return &c.Params.Choices }, keys: []attribute.Key{ChoiceCountKey}},
	{of: func(c *Call) **int64 { return &c.Params.Dimensions }, keys: []attribute.Key{DimensionsKey}},
	{
		of: func(c *Call) **int64 { return &c.Usage.Input }, keys: []attribute.Key{InputTokensKey},
		older: []attribute.Key{"gen_ai.usage.prompt_tokens"},
	},
	{
		of: func(c *Call) **int64 { return &c.Usage.Output }, keys: []attribute.Key{OutputTokensKey},
		older: []attribute.Key{"gen_ai.usage.completion_tokens"},
	},
	{
		of:   func(c *Call) **int64 { return &c.Usage.CacheRead },
		keys: []attribute.Key{CacheReadTokensKey, CacheReadTokensOldKey},
	},
	{
		of:   func(c *Call) **int64 { return &c.Usage.CacheWrite },
		keys: []attribute.Key{CacheWriteTokensKey, CacheWriteTokens141Key, CacheWriteTokensOldKey},
	},
	{of: func(c *Call) **int64 { return &c.Usage.CacheWrite5m }, keys: []attribute.Key{CacheWrite5mTokensKey}},
	{of: func(c *Call) **int64 { return &c.Usage.CacheWrite1h }, keys: []attribute.Key{CacheWrite1hTokensKey}},
	{
		of:   func(c *Call) **int64 { return &c.Usage.Reasoning },
		keys: []attribute.Key{ReasoningTokensKey, ReasoningTokensOldKey},
	},
	{
		of:   func(c *Call) **int64 { return &c.Usage.AudioInput },
		keys: []attribute.Key{AudioInputTokensKey, AudioInputTokensOldKey},
	},
	{
		of:   func(c *Call) **int64 { return &c.Usage.AudioOutput },
		keys: []attribute.Key{AudioOutputTokensKey, AudioOutTokensOldKey},
	},
}

var floatFields = []field[*float64]{
	{of: func(c *Call) **float64 { return &c.Params.Temperature }, keys: []attribute.Key{TemperatureKey}},
	{of: func(c *Call) **float64 { return &c.Params.TopP }, keys: []attribute.Key{TopPKey}},
	{of: func(c *Call) **float64 { return &c.Params.FrequencyPenalty }, keys: []attribute.Key{FrequencyPenaltyKey}},
	{of: func(c *Call) **float64 { return &c.Params.PresencePenalty }, keys: []attribute.Key{PresencePenaltyKey}},
	{of: func(c *Call) **float64 { return &c.Usage.Cost }, keys: []attribute.Key{CostKey}},
}

var listFields = []field[[]string]{
	{of: func(c *Call) *[]string { return &c.Params.StopSequences }, keys: []attribute.Key{StopSequencesKey}},
	{of: func(c *Call) *[]string { return &c.Params.EncodingFormats }, keys: []attribute.Key{EncodingFormatsKey}},
	{of: func(c *Call) *[]string { return &c.FinishReasons }, keys: []attribute.Key{FinishReasonsKey}},
}

// Record is what a span can tell: a Call, a ToolRun, a Retrieval or an AgentRun.
type Record interface {
	// SpanName is the name that OpenTelemetry's conventions give to the span.
	SpanName() string

	attributes() []attribute.KeyValue
}

// Attributes writes r as span attributes. Text that is not UTF-8 is made so, because exporters refuse it.
func Attributes(r Record) []attribute.KeyValue { return r.attributes() }

func (c Call) attributes() []attribute.KeyValue {
	c.Operation = c.operation()
	out := make([]attribute.KeyValue, 0, 32)
	out = append(out, OperationKey.String(valid(c.Operation)))
	if t, ok := requestTypes[c.Operation]; ok {
		out = append(out, RequestTypeKey.String(t))
	}
	for _, f := range stringFields {
		if v := *f.of(&c); v != "" {
			out = add(out, f.keys, attribute.StringValue(valid(v)))
		}
	}
	for _, f := range intFields {
		if v := *f.of(&c); v != nil {
			out = add(out, f.keys, attribute.Int64Value(*v))
		}
	}
	for _, f := range floatFields {
		if v := *f.of(&c); v != nil {
			out = add(out, f.keys, attribute.Float64Value(*v))
		}
	}
	for _, f := range listFields {
		if v := *f.of(&c); len(v) > 0 {
			list := make([]string, len(v))
			for i := range v {
				list[i] = valid(v[i])
			}
			out = add(out, f.keys, attribute.StringSliceValue(list))
		}
	}
	if c.Params.Stream != nil {
		out = append(out, StreamKey.Bool(*c.Params.Stream))
	}
	if c.TimeToFirstChunk > 0 {
		out = append(out, TimeToFirstChunkKey.Float64(c.TimeToFirstChunk.Seconds()))
	}
	if c.TokensPerSecond > 0 {
		out = append(out, TokensPerSecondKey.Float64(c.TokensPerSecond))
	}
	if c.ServerPort > 0 {
		out = append(out, ServerPortKey.Int(c.ServerPort))
	}
	if total := c.Usage.Total(); total != nil {
		out = append(out, TotalTokensKey.Int64(*total))
	}
	return appendContent(out, c)
}

func add(out []attribute.KeyValue, keys []attribute.Key, v attribute.Value) []attribute.KeyValue {
	for _, k := range keys {
		out = append(out, attribute.KeyValue{Key: k, Value: v})
	}
	return out
}

// valid makes s UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) { // which sees that sooner
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Decode reads a Call from the attributes of a span, those that Attributes writes and some older ones. It takes what
// it understands: an attribute of the wrong type, or messages that are not in OpenTelemetry's form, count as absent.
func Decode(attrs []attribute.KeyValue) Call {
	byKey := make(map[attribute.Key]attribute.Value, len(attrs))
	for _, kv := range attrs {
		byKey[kv.Key] = kv.Value // the last one counts, as it does on a span
	}
	var c Call
	take(byKey, OperationKey, asString, &c.Operation)
	for _, f := range stringFields {
		f.read(&c, byKey, asString)
	}
	for _, f := range intFields {
		f.read(&c, byKey, asInt)
	}
	for _, f := range floatFields {
		f.read(&c, byKey, asFloat)
	}
	for _, f := range listFields {
		f.read(&c, byKey, asList)
	}
	take(byKey, StreamKey, asBool, &c.Params.Stream)
	take(byKey, TimeToFirstChunkKey, asDuration, &c.TimeToFirstChunk)
	take(byKey, TokensPerSecondKey, asRate, &c.TokensPerSecond)
	take(byKey, ServerPortKey, asPort, &c.ServerPort)
	take(byKey, SystemInstructionsKey, asParts, &c.System)
	take(byKey, InputMessagesKey, asMessages, &c.Input)
	take(byKey, OutputMessagesKey, asMessages, &c.Output)
	take(byKey, ToolDefinitionsKey, asTools, &c.Tools)
	return c
}

func (f field[T]) read(c *Call, byKey map[attribute.Key]attribute.Value, as func(attribute.Value) (T, bool)) {
	for _, keys := range [][]attribute.Key{f.keys, f.older} {
		for _, k := range keys {
			if take(byKey, k, as, f.of(c)) {
				return
			}
		}
	}
}

func take[T any](byKey map[attribute.Key]attribute.Value, k attribute.Key, as func(attribute.Value) (T, bool), to *T) bool {
	v, there := byKey[k]
	if !there {
		return false
	}
	got, ok := as(v)
	if ok {
		*to = got
	}
	return ok
}

func asString(v attribute.Value) (string, bool) {
	return v.AsString(), v.Type() == attribute.STRING && v.AsString() != ""
}

func asInt(v attribute.Value) (*int64, bool) {
	switch v.Type() {
	case attribute.INT64:
		return new(v.AsInt64()), true
	case attribute.FLOAT64: // some languages have no other number; up to 2^53 it is exact
		if f := v.AsFloat64(); f > -(1<<53) && f < 1<<53 && f == math.Trunc(f) {
			return new(int64(f)), true
		}
	}
	return nil, false
}

func asFloat(v attribute.Value) (*float64, bool) {
	switch v.Type() {
	case attribute.FLOAT64:
		return new(v.AsFloat64()), true
	case attribute.INT64:
		return new(float64(v.AsInt64())), true
	}
	return nil, false
}

func asList(v attribute.Value) ([]string, bool) {
	list := v.AsStringSlice()
	return list, v.Type() == attribute.STRINGSLICE && len(list) > 0
}

func asBool(v attribute.Value) (*bool, bool) { return new(v.AsBool()), v.Type() == attribute.BOOL }

func asDuration(v attribute.Value) (time.Duration, bool) {
	f, ok := asFloat(v)
	if !ok || !(*f > 0 && *f < 1e9) { // not a number, or longer than thirty years
		return 0, false
	}
	return time.Duration(*f*float64(time.Second) + 0.5), true
}

func asRate(v attribute.Value) (float64, bool) {
	f, ok := asFloat(v)
	if !ok || !(*f > 0) || math.IsInf(*f, 0) {
		return 0, false
	}
	return *f, true
}

func asPort(v attribute.Value) (int, bool) {
	n, ok := asInt(v)
	if !ok || *n <= 0 || *n > 65535 {
		return 0, false
	}
	return int(*n), true
}
