package price

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

var embeddedBook = sync.OnceValues(func() (*Book, error) { return New() })

func n(v int64) *int64 { return &v }

func book(t testing.TB, more ...Source) *Book {
	t.Helper()
	if len(more) == 0 {
		b, err := embeddedBook()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b, err := New(more...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// day is a time at noon, UTC.
func day(s string) trace.Time {
	at, err := time.Parse(time.DateTime, s+" 12:00:00")
	if err != nil {
		panic(err)
	}
	return trace.Time(at.UnixNano())
}

// plain is input and output and nothing else.
func plain(in, out int64) trace.Usage { return trace.Usage{Input: n(in), Output: n(out)} }

// Costs as one works them out by hand: tokens times the price of a token, in
// 1e-12 dollars. A price of $2.50 for a million tokens is 2,500,000 a token.
func TestCostsAreWhatOneWorksOutByHand(t *testing.T) {
	const today = "2026-11-21"
	for _, c := range []struct {
		name, provider, model, day string
		usage                      trace.Usage
		want                       trace.Money
		from                       string // a part of where the price is from
	}{
		// Providers.
		{"openai", "openai", "gpt-4o", today, plain(1200, 300), 1200*2_500_000 + 300*10_000_000, "openai gpt-4o"},
		{"openai, a dated model", "openai", "gpt-4o-2024-08-06", today, plain(10, 1), 10*2_500_000 + 1*10_000_000, "gpt-4o"},
		{"openai, small prices", "openai", "gpt-4o-mini", today, plain(7, 3), 7*150_000 + 3*600_000, "gpt-4o-mini"},
		{"openai, large prices", "openai", "gpt-4", today, plain(1000, 500), 1000*30_000_000 + 500*60_000_000, "gpt-4"},
		{"openai, an old one", "openai", "gpt-3.5-turbo-0125", today, plain(84, 6), 84*500_000 + 6*1_500_000, "gpt-3.5-turbo"},
		{"openai, embedding", "openai", "text-embedding-3-small", today, trace.Usage{Input: n(8191)}, 8191 * 20_000, "text-embedding-3-small"},
		{"anthropic", "anthropic", "claude-haiku-4-5-20251001", today, plain(400, 60), 400*1_000_000 + 60*5_000_000, "claude-haiku-4-5"},
		{"anthropic, dots", "anthropic", "claude-opus-4.1", today, plain(400, 60), 400*15_000_000 + 60*75_000_000, "claude-opus-4-1"},
		{"gemini", "gcp.gemini", "gemini-2.5-flash", today, plain(1000, 100), 1000*300_000 + 100*2_500_000, "google gemini-2.5-flash"},
		{"vertex", "gcp.vertex_ai", "gemini-2.0-flash-lite", today, plain(1000, 100), 1000*75_000 + 100*300_000, "gemini-2.0-flash-lite"},
		{"claude on vertex", "gcp.vertex_ai", "claude-3-haiku@20240307", today, plain(100, 10), 100*250_000 + 10*1_250_000, "google claude-3-haiku"},
		{"bedrock, nova", "aws.bedrock", "us.amazon.nova-pro-v1:0", today, plain(500, 50), 500*800_000 + 50*3_200_000, "aws amazon.nova-pro"},
		{"azure", "azure.ai.openai", "gpt-4.1", today, plain(100, 100), 100*2_000_000 + 100*8_000_000, "gpt-4.1"},
		{"groq", "groq", "llama-3.3-70b-versatile", today, plain(1000, 1000), 1000*590_000 + 1000*790_000, "groq llama"},
		{"mistral", "mistral_ai", "mistral-large-2411", today, plain(100, 100), 100*2_000_000 + 100*6_000_000, "mistral-large"},
		{"cohere", "cohere", "command-r7b-12-2024", today, plain(333, 1), 333*37_500 + 1*150_000, "command-r7b"},
		{"xai", "x_ai", "grok-3-latest", today, plain(10, 10), 10*3_000_000 + 10*15_000_000, "grok-3"},
		{"perplexity charges for the request too: $12 for a thousand", "perplexity", "sonar", today, plain(100, 200), 100*1_000_000 + 200*1_000_000 + trace.Dollar*12/1000, "sonar"},

		// Names that are found without the provider's help.
		{"no provider", "", "gpt-4o", today, plain(1, 1), 12_500_000, "openai gpt-4o"},
		{"a framework for provider", "langchain", "claude-sonnet-4-5-20250929", today, plain(1, 1), 3_000_000 + 15_000_000, "anthropic"},
		{"a provider before a slash", "", "anthropic/claude-3-haiku", today, plain(4, 4), 4*250_000 + 4*1_250_000, "anthropic"},
		{"the same with its provider", "openai", "openai/gpt-4o-mini", today, plain(80, 14), 80*150_000 + 14*600_000, "openai gpt-4o-mini"},
		{"bedrock's names without bedrock", "strands-agents", "amazon.nova-lite-v1:0", today, plain(10, 10), 10*60_000 + 10*240_000, "aws amazon.nova-lite"},
		{"upper case", "OpenAI", "GPT-4O", today, plain(1, 1), 12_500_000, "openai gpt-4o"},

		// Caches: cached tokens are part of the input.
		{"openai, cache read", "openai", "gpt-4o", today, trace.Usage{Input: n(1200), Output: n(9), CacheRead: n(1024)}, 176*2_500_000 + 1024*1_250_000 + 9*10_000_000, "gpt-4o"},
		{"anthropic, read and write", "anthropic", "claude-sonnet-4-5", today, trace.Usage{Input: n(5200), Output: n(310), CacheRead: n(4000), CacheWrite: n(1000)},
			200*3_000_000 + 4000*300_000 + 1000*3_750_000 + 310*15_000_000, "claude-sonnet-4-5"},
		{"anthropic, a write for an hour", "anthropic", "claude-sonnet-4-5", today, trace.Usage{Input: n(3000), Output: n(0), CacheWrite: n(2500), CacheWrite1h: n(500)},
			500*3_000_000 + 2000*3_750_000 + 500*6_000_000, "claude-sonnet-4-5"},
		{"all of it from the cache", "openai", "gpt-5-mini", today, trace.Usage{Input: n(2100), Output: n(200), CacheRead: n(2100)}, 2100*25_000 + 200*2_000_000, "gpt-5-mini"},
		{"more cached than there is: the input is the limit", "openai", "gpt-5-mini", today, trace.Usage{Input: n(10), Output: n(1), CacheRead: n(4000)}, 10*25_000 + 1*2_000_000, "gpt-5-mini"},
		{"no price for cached tokens: they cost what input does", "groq", "llama-3.1-8b-instant", today, trace.Usage{Input: n(100), Output: n(10), CacheRead: n(60)}, 100*50_000 + 10*80_000, "llama"},
		{"no price for writing: it costs what input does", "openai", "gpt-4o", today, trace.Usage{Input: n(100), Output: n(0), CacheWrite: n(40)}, 100 * 2_500_000, "gpt-4o"},

		// Parts of the output, and sound.
		{"reasoning is output", "openai", "o3", today, trace.Usage{Input: n(10), Output: n(500), Reasoning: n(448)}, 10*2_000_000 + 500*8_000_000, "o3"},
		{"sound has a price of its own", "gcp.gemini", "gemini-2.5-flash", today, trace.Usage{Input: n(1000), Output: n(10), AudioInput: n(600)}, 400*300_000 + 600*1_000_000 + 10*2_500_000, "gemini-2.5-flash"},

		// Tiers: beyond the threshold all tokens cost more.
		{"gemini at the threshold", "gcp.gemini", "gemini-2.5-pro", today, plain(200_000, 1000), 200_000*1_250_000 + 1000*10_000_000, "gemini-2.5-pro"},
		{"gemini beyond it", "gcp.gemini", "gemini-2.5-pro", today, plain(200_001, 1000), 200_001*2_500_000 + 1000*15_000_000, "over 200000 tokens"},
		{"the threshold counts cached tokens", "anthropic", "claude-sonnet-4-5", today, trace.Usage{Input: n(250_000), Output: n(100), CacheRead: n(240_000)},
			10_000*6_000_000 + 240_000*600_000 + 100*22_500_000, "over 200000 tokens"},
		{"another threshold", "gcp.gemini", "gemini-1.5-pro-002", today, plain(128_001, 1), 128_001*2_500_000 + 1*10_000_000, "over 128000 tokens"},

		// Dates: a span costs what it cost on its day.
		{"o3 before it became cheaper", "openai", "o3", "2025-06-09", plain(100, 100), 100*10_000_000 + 100*40_000_000, "openai o3"},
		{"o3 from that day on", "openai", "o3", "2025-06-10", plain(100, 100), 100*2_000_000 + 100*8_000_000, "from 2025-06-10"},
		{"a model whose long prompts became cheaper", "anthropic", "claude-sonnet-4-6", "2026-03-12", plain(300_000, 10), 300_000*6_000_000 + 10*22_500_000, "over 200000"},
		{"and after that", "anthropic", "claude-sonnet-4-6", "2026-03-13", plain(300_000, 10), 300_000*3_000_000 + 10*15_000_000, "from 2026-03-13"},
		{"mistral's third price", "mistral_ai", "mistral-large-4", "2026-10-29", plain(100, 100), 100*700_000 + 100*2_100_000, "from 2026-10-29"},
		{"mistral's second", "mistral_ai", "mistral-large-4", "2026-10-28", plain(100, 100), 100*1_360_000 + 100*4_180_000, "from 2026-10-20"},
		{"deepseek by day", "deepseek", "deepseek-chat", today, plain(1000, 1000), 1000*270_000 + 1000*1_100_000, "00:30 to 16:30 UTC"},

		// Batches and service tiers.
		{"a batch with a price of its own", "openai", "gpt-4o", today, trace.Usage{Input: n(1000), Output: n(100), Batch: true}, 1000*1_250_000 + 100*5_000_000, "batch"},
		{"a batch before that was known is half", "openai", "gpt-4o", "2026-01-01", trace.Usage{Input: n(1000), Output: n(100), Batch: true}, 1000*1_250_000 + 100*5_000_000, "half of it"},
		{"a batch beyond a threshold", "anthropic", "claude-sonnet-4-5", today, trace.Usage{Input: n(200_001), Output: n(10), Batch: true}, 200_001*3_000_000 + 10*11_250_000, "batch, over"},
		{"a batch with a cache", "anthropic", "claude-haiku-4-5", today, trace.Usage{Input: n(100), Output: n(10), CacheRead: n(60), CacheWrite: n(20), Batch: true},
			20*500_000 + 60*50_000 + 20*625_000 + 10*2_500_000, "batch"},
		{"flex", "openai", "gpt-5", today, trace.Usage{Input: n(100), Output: n(10), Tier: "flex"}, 100*625_000 + 10*5_000_000, "service tier flex"},
		{"priority", "openai", "gpt-4.1", today, trace.Usage{Input: n(100), Output: n(10), CacheRead: n(50), Tier: "priority"}, 50*3_500_000 + 50*875_000 + 10*14_000_000, "service tier priority"},
		{"the default tier by its names", "openai", "gpt-5", today, trace.Usage{Input: n(100), Output: n(10), Tier: "standard"}, 100*1_250_000 + 10*10_000_000, "openai gpt-5"},

		{"nothing used costs nothing", "openai", "gpt-4o", today, plain(0, 0), 0, "gpt-4o"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, ok := book(t).Price(Call{Provider: c.provider, Model: c.model, At: day(c.day), Usage: c.usage})
			if !ok || q.Cost != c.want {
				t.Fatalf("got %v (%v), want %v\n%+v", q.Cost, ok, c.want, q)
			}
			if !strings.Contains(q.From, c.from) {
				t.Errorf("from %q, want %q in it", q.From, c.from)
			}
		})
	}
}

func TestWhatIsNotKnownHasNoPrice(t *testing.T) {
	b := book(t)
	for name, c := range map[string]Call{
		"a model that nobody knows":                 {Provider: "openai", Model: "gpt-99", Usage: plain(1, 1)},
		"a deployment's own name":                   {Provider: "azure.ai.openai", Model: "my-deployment", Usage: plain(1, 1)},
		"another provider's model":                  {Provider: "groq", Model: "gpt-4o", Usage: plain(1, 1)},
		"no model":                                  {Provider: "openai", Usage: plain(1, 1)},
		"no input":                                  {Provider: "openai", Model: "gpt-4o", Usage: trace.Usage{Output: n(5)}},
		"an answer of unknown length":               {Provider: "openai", Model: "gpt-4o", Usage: trace.Usage{Input: n(5)}},
		"output of what has a price for input only": {Provider: "openai", Model: "text-embedding-3-small", Usage: plain(5, 5)},
		"a service tier that is not in the data":    {Provider: "openai", Model: "gpt-4o", Usage: trace.Usage{Input: n(1), Output: n(1), Tier: "scale"}},
		"more than a span can cost":                 {Provider: "openai", Model: "gpt-4", Usage: plain(1<<62, 1)},
		"a name without end":                        {Provider: "openai", Model: "gpt-4o" + strings.Repeat("x", 1<<20), Usage: plain(1, 1)},
	} {
		c.At = day("2026-11-21")
		if q, ok := b.Price(c); ok {
			t.Errorf("%s costs %v by %s", name, q.Cost, q.From)
		}
	}
	if _, ok := (*Book)(nil).Price(Call{Model: "gpt-4o", Usage: plain(1, 1)}); ok {
		t.Error("no book has no price")
	}
}

func TestTheModelThatWasAskedForIsTheSecondChoice(t *testing.T) {
	c := Call{Provider: "openai", Model: "gpt-4o-mini-2024-07-18", RequestModel: "gpt-4o", At: day("2026-11-21"), Usage: plain(1, 0)}
	if q, _ := book(t).Price(c); q.Cost != 150_000 {
		t.Errorf("got %v", q)
	}
	c.Model = "an alias"
	if q, _ := book(t).Price(c); q.Cost != 2_500_000 {
		t.Errorf("got %v", q)
	}
}

func TestAFractionOfTheUnitIsRoundedOnceForTheWholeCall(t *testing.T) {
	// 0.0000005 dollars for a million tokens are half a unit a token.
	own := Source{"own.json", []byte(`[{"id":"me","models":[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":"0.0000005","output_mtok":0.0000005}}]}]`)}
	b := book(t, own)
	for _, c := range []struct {
		in, out int64
		want    trace.Money
	}{{1, 1, 1}, {1, 0, 1}, {3, 0, 2}, {3, 1, 2}, {1000, 1, 501}} {
		if q, ok := b.Price(Call{Provider: "me", Model: "m", At: 1, Usage: plain(c.in, c.out)}); !ok || q.Cost != c.want {
			t.Errorf("%d and %d tokens: got %d, want %d", c.in, c.out, q.Cost, c.want)
		}
	}
}

func TestAFileOfOnesOwnIsAskedFirst(t *testing.T) {
	genai := Source{"mine.json", []byte(`[{"id":"openai","models":[{"id":"ours","match":{"or":[{"equals":"ft:ours"},{"starts_with":"gpt-4o"}]},"prices":{"input_mtok":1,"output_mtok":{"base":2,"tiers":[{"start":10,"price":4}]}}}]}]`)}
	lite := Source{"lite.json", []byte(`{
		"sample_spec": {"input_cost_per_token": 0.5},
		"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-06,
			"input_cost_per_token_above_200k_tokens": 5e-06, "input_cost_per_token_batches": 1.25e-06, "output_cost_per_token_batches": 5e-06, "input_cost_per_token_flex": 1e-06},
		"bedrock/my.model-v1": {"litellm_provider": "bedrock", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "cache_creation_input_token_cost": 1.25e-06, "cache_creation_input_token_cost_above_1hr": 2e-06},
		"house-model": {"input_cost_per_token": 3e-07, "output_cost_per_token": 0},
		"an-image-model": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04}
	}`)}
	b := book(t, genai, lite)
	for _, c := range []struct {
		name, provider, model string
		usage                 trace.Usage
		want                  trace.Money
		from                  string
	}{
		{"the last file first", "openai", "gpt-4o", plain(10, 10), 10*2_500_000 + 10*10_000_000, "lite.json: openai gpt-4o"},
		{"then the one before", "openai", "ft:ours", plain(11, 10), 11*1_000_000 + 10*4_000_000, "mine.json: openai ours, over 10 tokens"},
		{"then what came with the program", "openai", "o3", plain(1, 1), 10_000_000, "genai-prices"},
		{"LiteLLM's tiers", "openai", "gpt-4o", plain(200_001, 0), 200_001 * 5_000_000, "over 200000"},
		{"LiteLLM's batches", "openai", "gpt-4o", trace.Usage{Input: n(10), Output: n(10), Batch: true}, 10*1_250_000 + 10*5_000_000, "batch"},
		{"LiteLLM's service tiers", "openai", "gpt-4o", trace.Usage{Input: n(10), Output: n(10), Tier: "flex"}, 10*1_000_000 + 10*10_000_000, "flex"},
		{"LiteLLM's caches", "aws.bedrock", "my.model-v1", trace.Usage{Input: n(30), Output: n(1), CacheWrite: n(20), CacheWrite1h: n(10)}, 10*1_000_000 + 10*1_250_000 + 10*2_000_000 + 2_000_000, "aws"},
		{"a model without a provider", "", "house-model", plain(10, 99), 10 * 300_000, "house-model"},
	} {
		q, ok := b.Price(Call{Provider: c.provider, Model: c.model, At: day("2026-11-21"), Usage: c.usage})
		if !ok || q.Cost != c.want || !strings.Contains(q.From, c.from) {
			t.Errorf("%s: got %v from %q (%v), want %v from %q", c.name, q.Cost, q.From, ok, c.want, c.from)
		}
	}
}

func TestAFileThatIsNoPriceListIsRefusedByName(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":           ``,
		"no JSON":           `prices:`,
		"an empty list":     `[]`,
		"an empty object":   `{}`,
		"another object":    `{"a":{"b":1}}`,
		"a negative price":  `[{"id":"p","models":[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":-1}}]}]`,
		"a price of words":  `[{"id":"p","models":[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":"cheap"}}]}]`,
		"a broken pattern":  `[{"id":"p","models":[{"id":"m","match":{"regex":"("},"prices":{}}]}]`,
		"a provider unsaid": `[{"models":[]}]`,
		"LiteLLM's, cut":    `{"m": {"input_cost_per_token": -1}}`,
	} {
		if _, err := New(Source{"mine.json", []byte(data)}); err == nil || !strings.Contains(err.Error(), "mine.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheLinesOfAQuoteAreItsSum(t *testing.T) {
	q, ok := book(t).Price(Call{Provider: "anthropic", Model: "claude-sonnet-4-5", At: day("2026-11-21"),
		Usage: trace.Usage{Input: n(5200), Output: n(310), CacheRead: n(4000), CacheWrite: n(1000)}})
	want := []Line{
		{"input", 200, 3 * trace.Dollar}, {"cache read", 4000, 3 * trace.Dollar / 10}, {"cache write", 1000, 375 * trace.Dollar / 100}, {"output", 310, 15 * trace.Dollar},
	}
	if diff := cmp.Diff(want, q.Lines); !ok || diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	b := &Book{editions: book(t).editions, known: map[query]*found{}}
	for i := range maxKnown {
		b.known[query{"", time.Duration(i).String()}] = nil
	}
	for _, name := range []string{"a", "b"} {
		b.Price(Call{Model: name, Usage: plain(1, 1)})
	}
	if len(b.known) != 2 {
		t.Errorf("%d answers are remembered, want those since there was no more room", len(b.known))
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(`[{"id":"p","models":[{"id":"m","match":{"or":[{"equals":"m"},{"regex":"^x"}]},"prices":[{"prices":{"input_mtok":"1"}},{"constraint":{"start_time":"1","end_time":"2"},"prices":{}}]}]}]`), "m", int64(5))
	f.Add([]byte(`{"m":{"input_cost_per_token":1e-06,"output_cost_per_token_above_1k_tokens":1,"litellm_provider":"x"}}`), "m", int64(-5))
	f.Fuzz(func(t *testing.T, data []byte, name string, tokens int64) {
		e, err := parse(Source{"f", data})
		if err != nil {
			return
		}
		b := &Book{editions: []edition{e}, known: map[query]*found{}}
		q, ok := b.Price(Call{Provider: "p", Model: name, At: 1, Usage: trace.Usage{Input: &tokens, Output: &tokens, CacheRead: &tokens}})
		if ok && (q.Cost < 0 || q.Cost > trace.MaxMoney) {
			t.Fatalf("%v", q)
		}
	})
}

func BenchmarkPrice(b *testing.B) {
	list := book(b)
	c := Call{Provider: "anthropic", Model: "claude-sonnet-4-5-20250929", At: day("2026-11-21"), Usage: trace.Usage{Input: n(5200), Output: n(310), CacheRead: n(4000)}}
	b.ReportAllocs()
	for b.Loop() {
		list.Price(c)
	}
}

func BenchmarkAModelThatNobodyKnows(b *testing.B) {
	list := &Book{editions: book(b).editions, known: map[query]*found{}}
	c := Call{Provider: "somebody", Model: "a-model-of-its-own-2026-01-01", Usage: plain(1, 1)}
	for b.Loop() {
		clear(list.known)
		list.Price(c)
	}
}
