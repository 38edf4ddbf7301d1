package llmhttp

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/clewhq/clew/llm"
)

// A provider is one API that is recognised and read: a row of the table below.
type provider struct {
	api       string // its name: that of its folder in testdata
	method    string
	path      string // end of the URL's path
	host      string // the host, "" for any
	operation string // llm.Chat, …

	// name returns the gen_ai.provider.name for a host.
	name func(host string) string

	// request adds to c what the request says: its URL, and its body, which is cut off if it was over the limit. It
	// reports whether the body could be read.
	request func(c *llm.Call, u *url.URL, body []byte) bool

	// response adds what an answer in one piece says.
	response func(c *llm.Call, body []byte) outcome

	// stream adds what a streamed answer says, from the first byte to where it ended or was cut off.
	stream func(c *llm.Call, body []byte) outcome

	// started reports whether the data of one server-sent event holds the first thing that the model generated.
	started func(data []byte) bool
}

// outcome is what a parser found besides the content.
type outcome struct {
	complete bool      // the answer says itself that it is whole
	err      *apiError // the provider reports an error
}

// apiError is an error as the provider tells it.
type apiError struct{ kind, message string }

// providers is the table of all APIs; the first row that fits a request reads it. To add one, write its file and add
// its line here; docs/adding/provider.md tells how.
var providers = []provider{
	openAIChat,
}

// find returns the row for r, or nil.
func find(r *http.Request) *provider {
	if r == nil || r.URL == nil {
		return nil
	}
	for i := range providers {
		p := &providers[i]
		if (r.Method == p.method || r.Method == "" && p.method == http.MethodGet) &&
			(p.host == "" || r.URL.Hostname() == p.host) &&
			strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), p.path) {
			return p
		}
	}
	return nil
}

// openAIHosts are the hosts that speak OpenAI's APIs, with their gen_ai.provider.name; * stands for anything. Names
// without an entry in OpenTelemetry's list are the ones the providers use themselves.
var openAIHosts = []struct{ host, name string }{
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
}

// openAIProvider names who answers at host. A host that is not in the list, such as a vLLM of one's own or a gateway, is
// called openai for the API that it speaks; server.address tells it apart.
func openAIProvider(host string) string {
	if name := knownProvider(host); name != "" {
		return name
	}
	return "openai"
}

// knownProvider is the name of the provider at host, "" if it is not in the list.
func knownProvider(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, h := range openAIHosts {
		if ok, err := path.Match(h.host, host); ok && err == nil {
			return h.name
		}
	}
	return ""
}

// ofProvider reports whether r goes to a provider, for whatever purpose.
func ofProvider(r *http.Request) bool {
	return r != nil && r.URL != nil && knownProvider(r.URL.Hostname()) != ""
}
