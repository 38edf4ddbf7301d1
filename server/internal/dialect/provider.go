package dialect

import "strings"

// provider returns the provider by OpenTelemetry's name. Where none is named,
// the server that was called or the model's prefix may tell.
func (r *reading) provider() string {
	if p := r.text(provider); p != "" {
		return providerName(p)
	}
	if r.model() == "" {
		return ""
	}
	if p := hostProvider(r.span.Attributes.Text("server.address")); p != "" {
		return p
	}
	if prefix, _, ok := strings.Cut(r.model(), "/"); ok {
		if name := providerName(prefix); knownProviders[name] {
			return name
		}
	}
	return ""
}

// providerName brings the spellings of a model provider to OpenTelemetry's.
func providerName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if std, ok := providerAliases[s]; ok {
		return std
	}
	vendor, _, dotted := strings.Cut(s, ".")
	if !dotted || knownProviders[s] {
		return s
	}
	if std, ok := providerAliases[vendor]; ok {
		return std
	}
	if dottedVendors[vendor] {
		return s
	}
	return vendor // openai.chat, anthropic.messages
}

// providerAliases maps spellings of a provider to OpenTelemetry's.
var providerAliases = map[string]string{
	"vertex_ai":            "gcp.vertex_ai",
	"vertexai":             "gcp.vertex_ai",
	"google_vertexai":      "gcp.vertex_ai",
	"google.vertex":        "gcp.vertex_ai",
	"google":               "gcp.gemini",
	"gemini":               "gcp.gemini",
	"google-genai":         "gcp.gemini",
	"google_genai":         "gcp.gemini",
	"google_ai_gemini":     "gcp.gemini",
	"az.ai.openai":         "azure.ai.openai",
	"azure":                "azure.ai.openai",
	"azure-openai":         "azure.ai.openai",
	"az.ai.inference":      "azure.ai.inference",
	"bedrock":              "aws.bedrock",
	"aws":                  "aws.bedrock",
	"amazon":               "aws.bedrock",
	"amazon-bedrock":       "aws.bedrock",
	"amazon_bedrock":       "aws.bedrock",
	"bedrock_converse":     "aws.bedrock",
	"bedrock-anthropic":    "aws.bedrock",
	"mistral":              "mistral_ai",
	"mistralai":            "mistral_ai",
	"xai":                  "x_ai",
	"open_ai":              "openai",
	"together":             "together_ai",
	"togetherai":           "together_ai",
	"moonshot":             "moonshot_ai",
	"moonshotai":           "moonshot_ai",
	"gateway":              "vercel_ai_gateway",
	"huggingface":          "hugging_face",
	"fireworks":            "fireworks_ai",
	"watsonx":              "ibm.watsonx.ai",
	"amazon_bedrock_agent": "aws.bedrock",
}

// knownProviders are names that need no translation and may be a model's prefix.
var knownProviders = map[string]bool{
	"openai": true, "anthropic": true, "aws.bedrock": true, "azure.ai.inference": true, "azure.ai.openai": true, "cohere": true,
	"deepseek": true, "gcp.gemini": true, "gcp.gen_ai": true, "gcp.vertex_ai": true, "groq": true, "ibm.watsonx.ai": true,
	"mistral_ai": true, "perplexity": true, "x_ai": true, "moonshot_ai": true, "openrouter": true, "together_ai": true, "ollama": true,
}

// dottedVendors are those whose standard provider names have a dot in them.
var dottedVendors = map[string]bool{"aws": true, "azure": true, "gcp": true, "ibm": true}

// hosts are the ends of the names of providers' servers.
var hosts = []struct{ end, provider string }{
	{"openai.azure.com", "azure.ai.openai"},
	{"api.openai.com", "openai"},
	{"api.anthropic.com", "anthropic"},
	{"generativelanguage.googleapis.com", "gcp.gemini"},
	{"aiplatform.googleapis.com", "gcp.vertex_ai"},
	{"api.groq.com", "groq"},
	{"api.mistral.ai", "mistral_ai"},
	{"api.deepseek.com", "deepseek"},
	{"api.x.ai", "x_ai"},
	{"api.cohere.com", "cohere"},
	{"api.perplexity.ai", "perplexity"},
	{"api.together.xyz", "together_ai"},
	{"openrouter.ai", "openrouter"},
}

// hostProvider returns whose server host is, "" when nobody's.
func hostProvider(host string) string {
	host = strings.ToLower(host)
	if strings.HasPrefix(host, "bedrock-runtime.") && strings.HasSuffix(host, ".amazonaws.com") {
		return "aws.bedrock"
	}
	for _, h := range hosts {
		if host == h.end || strings.HasSuffix(host, "."+h.end) || strings.HasSuffix(host, "-"+h.end) {
			return h.provider
		}
	}
	return ""
}
