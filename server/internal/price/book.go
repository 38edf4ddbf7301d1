package price

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed data/prices.json
var embedded []byte

// Book is a list of prices. Make one with New. It is safe for concurrent use.
type Book struct {
	editions []edition // asked in order

	mu    sync.Mutex
	known map[query]*found // answers, nil for "not priced"
}

// maxKnown bounds the answers that are remembered: names of models come from
// strangers.
const maxKnown = 4096

// edition is one file of prices.
type edition struct {
	name      string // what a cost says it is from: "genai-prices 0.2.3 of 2026-11-21"
	providers []provider
}

type provider struct {
	ID        string   `json:"id"`
	ModelIs   *clause  `json:"model_match"`
	NameIs    *clause  `json:"provider_match"`
	Fallbacks []string `json:"fallback_model_providers"`
	Models    []model  `json:"models"`
}

type model struct {
	ID       string    `json:"id"`
	Is       clause    `json:"match"`
	Prices   dated     `json:"prices"`
	Variants []variant `json:"price_variants"`
}

// Source is a file of prices that a user gives.
type Source struct {
	Name string // of the file
	Data []byte // in genai-prices' format or LiteLLM's
}

// New makes a book of the embedded prices and of more, which are asked first, the
// last one before all. The error names the source that can't be read.
func New(more ...Source) (*Book, error) {
	own, err := parse(Source{"embedded prices", embedded})
	if err != nil {
		return nil, err
	}
	b := &Book{known: map[query]*found{}}
	for _, s := range slices.Backward(more) {
		e, err := parse(s)
		if err != nil {
			return nil, err
		}
		b.editions = append(b.editions, e)
	}
	b.editions = append(b.editions, own)
	return b, nil
}

// parse reads a file in any of the formats.
func parse(s Source) (edition, error) {
	fail := func(err error) (edition, error) {
		return edition{}, fmt.Errorf("prices in %s: %w", s.Name, err)
	}
	e := edition{name: s.Name}
	var head struct {
		Source, Version, Date string
		Providers             []provider
	}
	if trimmed := strings.TrimSpace(string(s.Data)); strings.HasPrefix(trimmed, "[") { // genai-prices' own file is the list alone
		if err := json.Unmarshal(s.Data, &e.providers); err != nil {
			return fail(err)
		}
		return e, e.check()
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(s.Data, &entries); err != nil {
		return fail(fmt.Errorf("want genai-prices' JSON (a list of providers) or LiteLLM's (an object of models): %w", err))
	}
	if _, ok := entries["providers"]; !ok {
		providers, err := liteLLM(entries)
		if err != nil {
			return fail(err)
		}
		e.providers = providers
		return e, nil
	}
	if err := json.Unmarshal(s.Data, &head); err != nil {
		return fail(err)
	}
	e.providers = head.Providers
	if head.Version != "" {
		e.name = fmt.Sprintf("%s %s of %s", head.Source, head.Version, head.Date)
	}
	return e, e.check()
}

func (e *edition) check() error {
	if len(e.providers) == 0 {
		return fmt.Errorf("prices in %s: no provider in it", e.name)
	}
	for _, p := range e.providers {
		if p.ID == "" {
			return fmt.Errorf("prices in %s: a provider has no id", e.name)
		}
	}
	return nil
}

// query is what is looked up.
type query struct{ provider, model string }

// found is a model with where it stands.
type found struct {
	edition  string
	provider string
	model    *model
}

// find returns the model's prices, nil when there are none. Both names are in
// lower case.
func (b *Book) find(q query) *found {
	b.mu.Lock()
	f, ok := b.known[q]
	b.mu.Unlock()
	if ok {
		return f
	}
	for i := range b.editions { // many patterns: others need not wait for it
		if f = b.editions[i].find(q); f != nil {
			break
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) >= maxKnown {
		clear(b.known)
	}
	b.known[q] = f
	return f
}

func (e *edition) find(q query) *found {
	for _, p := range e.candidates(q) {
		for _, name := range spellings(q.model) {
			if m := p.find(name); m != nil {
				return &found{e.name, p.ID, m}
			}
			for _, id := range p.Fallbacks {
				if other := e.byID(id); other != nil {
					if m := other.find(name); m != nil {
						return &found{e.name, other.ID, m}
					}
				}
			}
		}
	}
	return nil
}

// candidates returns the providers to ask: the named one alone, if it is known;
// else the one in the model's prefix, the one whose models are called like that,
// and Amazon, whose names of models begin with their vendor.
func (e *edition) candidates(q query) []*provider {
	if p := e.named(q.provider); p != nil {
		return []*provider{p}
	}
	var out []*provider
	add := func(p *provider) {
		if p != nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if prefix, _, ok := strings.Cut(q.model, "/"); ok {
		add(e.named(prefix))
	}
	_, bare := cutPrefix(q.model)
	for i := range e.providers {
		if p := &e.providers[i]; p.ModelIs != nil && p.ModelIs.match(bare) {
			add(p)
			break
		}
	}
	if strings.Contains(bare, ".") {
		add(e.byID("aws"))
	}
	add(e.byID(anyProvider))
	return out
}

// anyProvider is the provider of what a user prices without naming one.
const anyProvider = "*"

// providerIDs are the ids of providers whose name in OpenTelemetry is another.
var providerIDs = map[string]string{
	"gcp.gemini": "google", "gcp.vertex_ai": "google", "gcp.gen_ai": "google", "aws.bedrock": "aws", "azure.ai.openai": "azure",
	"azure.ai.inference": "azure", "mistral_ai": "mistral", "x_ai": "x-ai", "moonshot_ai": "moonshotai", "together_ai": "together",
	"fireworks_ai": "fireworks",
}

// named returns the provider of that name, nil when there is none.
func (e *edition) named(name string) *provider {
	if name == "" {
		return nil
	}
	if id := providerIDs[name]; id != "" {
		name = id
	}
	if p := e.byID(name); p != nil {
		return p
	}
	for i := range e.providers {
		if p := &e.providers[i]; p.NameIs != nil && p.NameIs.match(name) {
			return p
		}
	}
	return nil
}

func (e *edition) byID(id string) *provider {
	for i := range e.providers {
		if e.providers[i].ID == id {
			return &e.providers[i]
		}
	}
	return nil
}

func (p *provider) find(name string) *model {
	for i := range p.Models {
		if p.Models[i].Is.match(name) {
			return &p.Models[i]
		}
	}
	return nil
}

// spellings returns the ways to look a model up, the surest first: as it is,
// without what is before a slash, without its date, with dashes for dots.
func spellings(name string) []string {
	_, bare := cutPrefix(name)
	undated := date.ReplaceAllString(bare, "")
	out := []string{name}
	for _, s := range []string{bare, undated, strings.ReplaceAll(bare, ".", "-"), strings.ReplaceAll(undated, ".", "-")} {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func cutPrefix(name string) (prefix, bare string) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}
