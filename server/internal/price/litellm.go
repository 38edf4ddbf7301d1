package price

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// liteLLMProviders are LiteLLM's words for providers, as ids.
var liteLLMProviders = map[string]string{
	"bedrock": "aws", "bedrock_converse": "aws", "vertex_ai": "google", "vertex_ai-language-models": "google", "gemini": "google",
	"vertex_ai-anthropic_models": "google", "xai": "x-ai", "together_ai": "together", "fireworks_ai": "fireworks", "azure_ai": "azure",
	"azure_text": "azure", "text-completion-openai": "openai", "moonshot": "moonshotai", "codestral": "mistral", "cohere_chat": "cohere",
}

// liteLLMKeys are LiteLLM's names of prices, without their suffix.
var liteLLMKeys = map[string]func(*prices) *rate{
	"input_cost_per_token":                      func(p *prices) *rate { return &p.Input },
	"output_cost_per_token":                     func(p *prices) *rate { return &p.Output },
	"cache_read_input_token_cost":               func(p *prices) *rate { return &p.CacheRead },
	"cache_creation_input_token_cost":           func(p *prices) *rate { return &p.CacheWrite },
	"cache_creation_input_token_cost_above_1hr": func(p *prices) *rate { return &p.CacheWrite1h },
	"input_cost_per_audio_token":                func(p *prices) *rate { return &p.AudioInput },
	"output_cost_per_audio_token":               func(p *prices) *rate { return &p.AudioOutput },
	"output_cost_per_reasoning_token":           func(p *prices) *rate { return &p.Reasoning },
}

// liteLLMVariants are the suffixes for another price of the same.
var liteLLMVariants = map[string]map[string]string{
	"_batches": {"processing": "batch"}, "_flex": {"service_tier": "flex"}, "_priority": {"service_tier": "priority"},
}

var (
	aboveTokens = regexp.MustCompile(`_above_(\d+)(k?)_tokens$`)
	date        = regexp.MustCompile(`-\d{4}-?\d{2}-?\d{2}$`)
)

var errNothing = errors.New("no entry has a price of tokens")

// liteLLM reads LiteLLM's file: one object, a model a key, prices for one token.
func liteLLM(entries map[string]json.RawMessage) ([]provider, error) {
	byID := map[string]*provider{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		var fields map[string]any
		if json.Unmarshal(entries[name], &fields) != nil {
			return nil, fmt.Errorf("%q is no model with prices: want genai-prices' JSON (a list of providers) or LiteLLM's (an object of models)", name)
		}
		m, err := liteLLMModel(name, fields)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		if m == nil || name == "sample_spec" {
			continue
		}
		id, _ := fields["litellm_provider"].(string)
		if id = strings.ToLower(id); id == "" {
			id = anyProvider
		}
		if std := liteLLMProviders[id]; std != "" {
			id = std
		}
		if byID[id] == nil {
			byID[id] = &provider{ID: id}
		}
		byID[id].Models = append(byID[id].Models, *m)
	}
	if len(byID) == 0 {
		return nil, errNothing
	}
	var out []provider
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		out = append(out, *byID[id])
	}
	return out, nil
}

// liteLLMModel reads one entry; nil when it has no price of tokens.
func liteLLMModel(name string, fields map[string]any) (*model, error) {
	m := &model{ID: name, Is: clause{Equals: strings.ToLower(name)}}
	if _, bare := cutPrefix(m.Is.Equals); bare != m.Is.Equals {
		m.Is = clause{Or: []clause{m.Is, {Equals: bare}}}
	}
	var base prices
	variants := map[string]*prices{}
	for key, v := range fields {
		amount, ok := v.(float64)
		if !ok {
			continue
		}
		into := &base
		for s := range liteLLMVariants {
			if rest, found := strings.CutSuffix(key, s); found {
				key = rest
				if variants[s] == nil {
					variants[s] = new(prices)
				}
				into = variants[s]
			}
		}
		start := int64(0)
		if above := aboveTokens.FindStringSubmatch(key); above != nil {
			key = strings.TrimSuffix(key, above[0])
			start, _ = strconv.ParseInt(above[1], 10, 64)
			if above[2] == "k" {
				start *= 1000
			}
		}
		field := liteLLMKeys[key]
		if field == nil {
			continue
		}
		per, err := perMillion(amount)
		if err != nil {
			return nil, err
		}
		r := field(into)
		if start == 0 {
			r.set, r.base = true, per
		} else {
			r.addTier(start, per)
		}
	}
	if !base.Input.set && !base.Output.set {
		return nil, nil
	}
	m.Prices = dated{{Prices: base}}
	for suffix, p := range variants {
		m.Variants = append(m.Variants, variant{When: liteLLMVariants[suffix], Prices: *p})
	}
	return m, nil
}

// perMillion turns dollars for one token into a rate. What was written as a
// decimal is taken for that decimal.
func perMillion(f float64) (int64, error) {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return units(r.Mul(r, big.NewRat(1_000_000, 1)), json.Number(strconv.FormatFloat(f, 'g', -1, 64)))
}
