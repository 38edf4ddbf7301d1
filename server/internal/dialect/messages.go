package dialect

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// Messages of a model call that are spread over attributes or events are put
// together as one JSON array, the form in which newer conventions send them.

// withSystem puts the system instructions before the messages as a message of
// their own, unless there is one. What isn't a JSON array stays as it is.
func withSystem(messages, instructions string) string {
	if instructions == "" {
		return messages
	}
	var list []json.RawMessage
	if json.Unmarshal([]byte(messages), &list) != nil {
		return messages
	}
	for _, m := range list {
		var head struct {
			Role string `json:"role"`
		}
		if json.Unmarshal(m, &head) == nil && head.Role == "system" {
			return messages
		}
	}
	system := map[string]any{"role": "system"}
	if json.Valid([]byte(instructions)) {
		system["parts"] = json.RawMessage(instructions)
	} else {
		system["content"] = instructions
	}
	return marshal(append([]any{system}, anys(list)...))
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = e
	}
	return out
}

func marshal(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Events that carry one message each, with the role that their name implies.
var (
	inputEvents = map[string]string{
		"gen_ai.system.message":    "system",
		"gen_ai.user.message":      "user",
		"gen_ai.assistant.message": "assistant",
		"gen_ai.tool.message":      "tool",
	}
	outputEvents = map[string]string{"gen_ai.choice": "assistant"}
)

// messageEvents returns the messages of the named events as a JSON array, ""
// when there are none.
func messageEvents(s *trace.Span, names map[string]string) string {
	var list []any
	for i := range s.Events {
		e := &s.Events[i]
		role, ok := names[e.Name]
		if !ok || len(list) == maxMessages {
			continue
		}
		m := map[string]any{"role": role}
		for _, a := range e.Attributes {
			switch a.Key {
			case "gen_ai.system", "gen_ai.provider.name", "event.name":
			default:
				m[a.Key] = plainOrParsed(a.Value)
			}
		}
		list = append(list, m)
	}
	if list == nil {
		return ""
	}
	return marshal(list)
}

// plainOrParsed returns JSON text of an object or array as what it stands for.
func plainOrParsed(v trace.Value) any {
	if s := v.Str; v.Type == trace.String && (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return v.Plain()
}

// maxMessages bounds the messages, and each message's tool calls, that are put
// together from numbered keys or events; a number can be any.
const maxMessages = 4096

// numbered puts messages together that are spread over keys such as
// gen_ai.prompt.0.role and gen_ai.prompt.0.tool_calls.1.name. It returns a JSON
// array in order of their numbers, "" when there are none.
func numbered(as trace.Attributes, prefix string) string {
	messages := map[int]map[string]any{}
	calls := map[int]map[int]map[string]any{}
	for _, a := range as {
		rest, ok := strings.CutPrefix(a.Key, prefix)
		if !ok {
			continue
		}
		n, key, ok := cutNumber(rest)
		if !ok {
			continue
		}
		if messages[n] == nil {
			if len(messages) == maxMessages {
				continue
			}
			messages[n] = map[string]any{}
		}
		if sub, ok := strings.CutPrefix(key, "tool_calls."); ok {
			if m, name, ok := cutNumber(sub); ok {
				addCall(calls, n, m, name, a.Value)
			}
			continue
		}
		messages[n][strings.TrimPrefix(key, "message.")] = plainOrParsed(a.Value)
	}
	if len(messages) == 0 {
		return ""
	}
	for n, byIndex := range calls {
		messages[n]["tool_calls"] = inOrder(byIndex)
	}
	return marshal(inOrder(messages))
}

func addCall(calls map[int]map[int]map[string]any, n, m int, name string, v trace.Value) {
	if calls[n] == nil {
		calls[n] = map[int]map[string]any{}
	}
	if calls[n][m] == nil {
		if len(calls[n]) == maxMessages {
			return
		}
		calls[n][m] = map[string]any{}
	}
	calls[n][m][name] = plainOrParsed(v)
}

// cutNumber splits "12.role" into 12 and "role".
func cutNumber(s string) (n int, rest string, ok bool) {
	digits, rest, ok := strings.Cut(s, ".")
	if !ok || rest == "" {
		return 0, "", false
	}
	n, err := strconv.Atoi(digits)
	return n, rest, err == nil && n >= 0
}

func inOrder(m map[int]map[string]any) []any {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]any, len(keys))
	for i, k := range keys {
		out[i] = m[k]
	}
	return out
}
