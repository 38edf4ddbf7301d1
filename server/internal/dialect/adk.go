package dialect

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// adk reads Google's Agent Development Kit, which keeps requests and responses
// as JSON beside GenAI attributes.
var adk = dialect{
	name:  "adk",
	words: []string{"gcp"},
	rules: append([]rule{
		from(session, "gcp.vertex.agent.session_id"),
		notEmpty(input, "gcp.vertex.agent.llm_request"),
		notEmpty(output, "gcp.vertex.agent.llm_response"),
		notEmpty(input, "gcp.vertex.agent.tool_call_args"),
		notEmpty(output, "gcp.vertex.agent.tool_response"),
		inJSON(inputTokens, adkResponse, "usage_metadata.prompt_token_count"),
		{field: outputTokens, how: "candidates and thoughts, which are counted apart", keys: []string{adkResponse}, read: geminiOutput},
		inJSON(cacheRead, adkResponse, "usage_metadata.cached_content_token_count"),
		inJSON(reasoning, adkResponse, "usage_metadata.thoughts_token_count"),
		inJSON(requestModel, "gcp.vertex.agent.llm_request", "model"),
	}, lastResorts(
		from(responseID, "gcp.vertex.agent.event_id"),
	)...),
}

const adkResponse = "gcp.vertex.agent.llm_response"

// notEmpty is the rule that f stands under key unless that is "{}", which ADK
// writes on spans that have nothing to say.
func notEmpty(f field, key string) rule {
	return rule{field: f, keys: []string{key}, read: func(v trace.Value) (trace.Value, string) {
		if strings.TrimSpace(v.Text()) == "{}" {
			return trace.Value{}, ""
		}
		return v, ""
	}}
}

// geminiOutput adds what was thought to what was said.
func geminiOutput(v trace.Value) (trace.Value, string) {
	usage := object(v)
	said := count(at(usage, "usage_metadata.candidates_token_count"))
	if said == nil {
		return trace.Value{}, ""
	}
	return trace.IntValue(*trace.Add(said, count(at(usage, "usage_metadata.thoughts_token_count")))), "usage_metadata"
}
