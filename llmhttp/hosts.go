package llmhttp

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// hosts are the hosts of providers, with their gen_ai.provider.name; * stands for anything, and a host with a port is only
// that port. Names without an entry in OpenTelemetry's list are the ones the providers use themselves.
var hosts = []host{
	{"api.openai.com", "openai"},
	{"*.api.openai.com", "openai"}, // regions
	{"*.openai.azure.com", "azure.ai.openai"},
	{"*.cognitiveservices.azure.com", "azure.ai.openai"},
	{"*.services.ai.azure.com", "azure.ai.inference"},
	{"*.models.ai.azure.com", "azure.ai.inference"},
	{"models.inference.ai.azure.com", "azure.ai.inference"},
	{"api.groq.com", "groq"},
	{"api.deepseek.com", "deepseek"},
	{"api.mistral.ai", "mistral_ai"},
	{"codestral.mistral.ai", "mistral_ai"},
	{"api.x.ai", "x_ai"},
	{"*.api.x.ai", "x_ai"},
	{"api.perplexity.ai", "perplexity"},
	{"api.moonshot.ai", "moonshot_ai"},
	{"api.moonshot.cn", "moonshot_ai"},
	{"generativelanguage.googleapis.com", "gcp.gemini"},
	{"aiplatform.googleapis.com", "gcp.vertex_ai"},
	{"*-aiplatform.googleapis.com", "gcp.vertex_ai"},
	{"bedrock-runtime.*.amazonaws.com", "aws.bedrock"},
	{"bedrock-mantle.*.api.aws", "aws.bedrock"},
	{"api.cohere.com", "cohere"},
	{"api.cohere.ai", "cohere"},
	{"api.anthropic.com", "anthropic"},
	{"openrouter.ai", "openrouter"},
	{"api.together.xyz", "together_ai"},
	{"api.together.ai", "together_ai"},
	{"api.fireworks.ai", "fireworks_ai"},
	{"api.cerebras.ai", "cerebras"},
	{"api.sambanova.ai", "sambanova"},
	{"api.deepinfra.com", "deepinfra"},
	{"integrate.api.nvidia.com", "nvidia"},
	{"router.huggingface.co", "hugging_face"},
	{"dashscope.aliyuncs.com", "alibaba"},
	{"dashscope-intl.aliyuncs.com", "alibaba"},
	{"open.bigmodel.cn", "zhipu"},
	{"api.z.ai", "zhipu"},
	{"ollama.com", "ollama"},
	{"*:11434", "ollama"},
}

type host struct{ pattern, name string }

// fits reports whether an address is one of the pattern's.
func (h host) fits(address string) bool {
	// Nearly all differ at the end already.
	for p, a := len(h.pattern)-1, len(address)-1; p >= 0 && strings.IndexByte(`*?[]\`, h.pattern[p]) < 0; p, a = p-1, a-1 {
		if a < 0 || h.pattern[p] != address[a] {
			return false
		}
	}
	ok, err := path.Match(h.pattern, address)
	return ok && err == nil
}

// knownProvider is the name of the provider at u, "" if it is not known. Hosts that the program has named come first.
func (c *config) knownProvider(u *url.URL) string {
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	addresses := [...]string{name, name + ":" + u.Port()}
	for _, list := range [][]host{c.hosts, hosts} {
		for _, h := range list {
			for _, address := range addresses {
				if h.fits(address) {
					return h.name
				}
			}
		}
	}
	return ""
}

// ofProvider reports whether r goes to a provider, for whatever purpose.
func (c *config) ofProvider(r *http.Request) bool {
	return r != nil && r.URL != nil && c.knownProvider(r.URL) != ""
}
