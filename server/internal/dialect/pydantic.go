package dialect

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// pydantic reads what Pydantic AI and Logfire write beside GenAI attributes:
// messages as one JSON list of events, and on an agent's span the whole run.
var pydantic = dialect{
	name: "pydantic",
	words: []string{
		"logfire", "pydantic_ai", "events", "all_messages_events", "final_result", "agent_name", "tool_arguments", "tool_response",
	},
	rules: append([]rule{
		{field: spanType, how: "only an agent's run has it", keys: []string{"pydantic_ai.all_messages", "all_messages_events"}, read: isAgent},
		{field: input, how: "the events but for answers", keys: []string{"events"}, read: modelEvents(false)},
		{field: output, how: "the events that are answers", keys: []string{"events"}, read: modelEvents(true)},
		from(input, "tool_arguments"),
		from(output, "tool_response"),
		from(agentName, "agent_name"),
		from(tags, "logfire.tags"),
	}, lastResorts(
		from(input, "pydantic_ai.all_messages", "all_messages_events"),
		from(output, "final_result"),
	)...),
	parameters: []string{"model_request_parameters"},
}

func isAgent(trace.Value) (trace.Value, string) { return trace.StringValue("AGENT"), "" }

// modelEvents reads from a JSON list of events those that are answers of the
// model, or all others.
func modelEvents(answers bool) func(trace.Value) (trace.Value, string) {
	return func(v trace.Value) (trace.Value, string) {
		list, _ := parseJSON(v.Text())
		events, _ := list.([]any)
		var out []any
		for _, e := range events {
			m, _ := e.(map[string]any)
			name, _ := m["event.name"].(string)
			if strings.HasPrefix(name, "gen_ai.") && (name == "gen_ai.choice") == answers {
				out = append(out, m)
			}
		}
		if out == nil {
			return trace.Value{}, ""
		}
		return trace.StringValue(marshal(out)), ""
	}
}
