package dialect

import (
	"github.com/clewhq/clew/server/internal/trace"
)

// genAI reads OpenTelemetry's conventions for generative AI: the current ones
// and the spellings that older instrumentations still send.
var genAI = dialect{
	name: "gen_ai",
	keys: map[field][]string{
		session:       {"session.id", "gen_ai.conversation.id"},
		user:          {"user.id", "enduser.id", "gen_ai.request.user", "gen_ai.user"},
		provider:      {"gen_ai.provider.name", "gen_ai.system", "gen_ai.request.provider"},
		responseModel: {"gen_ai.response.model", "gen_ai.response_model"},
		requestModel:  {"gen_ai.request.model", "gen_ai.request_model"},
		// Both counts are totals: input includes what was read from and written
		// to a cache, output includes reasoning.
		inputTokens:  {"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"},
		outputTokens: {"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"},
		cost:         {"gen_ai.usage.cost", "gen_ai.usage.total_cost"},
	},
	infer: inferGenAI,
}

// operationTypes maps gen_ai.operation.name. An operation that isn't here is
// legal and says nothing about the type.
var operationTypes = map[string]string{
	"chat":               "LLM",
	"completion":         "LLM",
	"text_completion":    "LLM",
	"generate_content":   "LLM",
	"generate":           "LLM",
	"response":           "LLM",
	"responses":          "LLM",
	"llm_call":           "LLM",
	"llm_request":        "LLM",
	"embeddings":         "EMBEDDING",
	"embedding":          "EMBEDDING",
	"execute_tool":       "TOOL",
	"tool_call":          "TOOL",
	"invoke_agent":       "AGENT",
	"create_agent":       "AGENT",
	"agent_call":         "AGENT",
	"agent_step":         "AGENT",
	"invoke_workflow":    "PIPELINE",
	"workflow":           "PIPELINE",
	"retrieval":          "RETRIEVER",
	"vector_db_retrieve": "RETRIEVER",
	"rerank":             "RETRIEVER",
	"plan":               DefaultType,
}

// toolKeys are attributes that only a tool's span has.
var toolKeys = []string{
	"gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
}

// providerAliases maps spellings of a provider to OpenTelemetry's.
var providerAliases = map[string]string{
	"vertex_ai":        "gcp.vertex_ai",
	"vertexai":         "gcp.vertex_ai",
	"google_vertexai":  "gcp.vertex_ai",
	"google.vertex":    "gcp.vertex_ai",
	"google":           "gcp.gemini",
	"gemini":           "gcp.gemini",
	"google-genai":     "gcp.gemini",
	"google_ai_gemini": "gcp.gemini",
	"az.ai.openai":     "azure.ai.openai",
	"azure":            "azure.ai.openai",
	"azure-openai":     "azure.ai.openai",
	"az.ai.inference":  "azure.ai.inference",
	"bedrock":          "aws.bedrock",
	"aws":              "aws.bedrock",
	"amazon":           "aws.bedrock",
	"amazon_bedrock":   "aws.bedrock",
	"bedrock_converse": "aws.bedrock",
	"mistral":          "mistral_ai",
	"mistralai":        "mistral_ai",
	"xai":              "x_ai",
	"open_ai":          "openai",
}

// dottedVendors are those whose standard provider names have a dot in them.
var dottedVendors = map[string]bool{"aws": true, "azure": true, "gcp": true, "ibm": true}

func inferGenAI(s *trace.Span, d *trace.Derived) {
	operation := s.Attributes.Text("gen_ai.operation.name")
	typed := operationTypes[operation]
	if typed == "" {
		typed = inferType(s, d)
	}
	if d.Type == "" {
		d.Type = typed
	}
	if d.Cost == nil {
		d.Cost = costOfParts(s)
	}
	if typed == "AGENT" && s.Kind != trace.KindClient {
		// An agent that runs in this process repeats the usage of the model
		// calls below it, which have spans of their own. A call of a remote
		// agent is all that is seen of it.
		d.InputTokens, d.OutputTokens, d.Cost = nil, nil, nil
	}
	if d.Input == "" {
		d.Input = genAIInput(s)
	}
	if d.Output == "" {
		d.Output = genAIOutput(s)
	}
}

func inferType(s *trace.Span, d *trace.Derived) string {
	for _, key := range toolKeys {
		if _, ok := s.Attributes.Get(key); ok {
			return "TOOL"
		}
	}
	if d.Model != "" || d.Provider != "" {
		return "LLM"
	}
	return ""
}

// costOfParts adds the costs of input and output, where only they are given.
func costOfParts(s *trace.Span) *trace.Money {
	var sum *trace.Money
	for _, key := range []string{"gen_ai.usage.input_cost", "gen_ai.usage.output_cost"} {
		v, _ := s.Attributes.Get(key)
		sum = trace.Add(sum, money(v))
	}
	return sum
}

// detailsEvent is an event that carries a call's messages instead of the span.
const detailsEvent = "gen_ai.client.inference.operation.details"

// fromDetails returns the text of key from the span or its details event.
func fromDetails(s *trace.Span, key string) string {
	if t := s.Attributes.Text(key); t != "" {
		return t
	}
	for i := range s.Events {
		if s.Events[i].Name == detailsEvent {
			if t := s.Events[i].Attributes.Text(key); t != "" {
				return t
			}
		}
	}
	return ""
}

func genAIInput(s *trace.Span) string {
	if m := fromDetails(s, "gen_ai.input.messages"); m != "" {
		return withSystem(m, fromDetails(s, "gen_ai.system_instructions"))
	}
	if m := messageEvents(s, inputEvents); m != "" {
		return m
	}
	if m := numbered(s.Attributes, "gen_ai.prompt."); m != "" {
		return m
	}
	return firstText(s.Attributes,
		"gen_ai.prompt", "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text", "gen_ai.retrieval.query")
}

func genAIOutput(s *trace.Span) string {
	if m := fromDetails(s, "gen_ai.output.messages"); m != "" {
		return m
	}
	if m := messageEvents(s, outputEvents); m != "" {
		return m
	}
	if m := numbered(s.Attributes, "gen_ai.completion."); m != "" {
		return m
	}
	return firstText(s.Attributes, "gen_ai.completion", "gen_ai.tool.call.result", "gen_ai.retrieval.documents")
}

func firstText(as trace.Attributes, keys ...string) string {
	for _, key := range keys {
		if t := as.Text(key); t != "" {
			return t
		}
	}
	return ""
}
