package dialect

import "github.com/clewhq/clew/server/internal/trace"

// mirascope reads what Mirascope's ops write around a call of a model.
var mirascope = dialect{
	name:  "mirascope",
	words: []string{"mirascope"},
	rules: append([]rule{
		{field: spanType, tier: said, how: "as the type of that kind", keys: []string{"mirascope.type"}, read: mirascopeType},
		from(session, "mirascope.ops.session.id"),
		from(tags, "mirascope.trace.tags", "mirascope.version.tags"),
		from(provider, "mirascope.response.provider_id"),
		from(requestModel, "mirascope.response.model_id"),
		from(input, "mirascope.response.messages"),
		from(output, "mirascope.response.content"),
		inJSON(inputTokens, mirascopeUsage, "input_tokens"),
		inJSON(outputTokens, mirascopeUsage, "output_tokens"),
		inJSON(cacheRead, mirascopeUsage, "cache_read_tokens"),
		inJSON(cacheWrite, mirascopeUsage, "cache_write_tokens"),
		inJSON(reasoning, mirascopeUsage, "reasoning_tokens"),
		{field: givenCost, how: "ten-thousandths of a dollar", keys: []string{"mirascope.response.cost"}, read: centicents},
		from(promptName, "mirascope.version.name", "mirascope.fn.qualname"),
		from(promptVersion, "mirascope.version.version", "mirascope.version.hash"),
		from(promptID, "mirascope.version.uuid"),
	}, lastResorts(
		from(input, "mirascope.trace.arg_values"),
		from(output, "mirascope.trace.output"),
	)...),
	metadata: []string{"mirascope.trace.metadata", "mirascope.version.metadata"},
}

const mirascopeUsage = "mirascope.response.usage"

// mirascopeTypes are the values of mirascope.type that say more than "span". A
// trace or a version is a function around calls of models.
var mirascopeTypes = map[string]string{
	"call": "LLM", "response": "LLM", "llm": "LLM", "tool": "TOOL", "agent": "AGENT",
	"trace": DefaultType, "version": DefaultType, "span": DefaultType, "response_resume": DefaultType,
}

func mirascopeType(v trace.Value) (trace.Value, string) {
	return trace.StringValue(mirascopeTypes[v.Str]), ""
}

// centicents: Mirascope counts costs in hundredths of a cent.
func centicents(v trace.Value) (trace.Value, string) {
	total, where := v, ""
	if obj := object(v); obj != nil {
		total, where = at(obj, "total_cost"), "total_cost"
	}
	f, ok := number(total)
	if !ok {
		return trace.Value{}, ""
	}
	return trace.DoubleValue(f / 10_000), where
}
