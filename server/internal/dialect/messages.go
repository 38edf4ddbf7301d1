package dialect

import "maps"

// Message is one turn of a conversation, whatever form it was sent in.
type Message struct {
	Role   string // system, user, assistant, tool, or a tool's own word
	Name   string
	Finish string // why the model stopped; only of answers
	Parts  []Part
}

// maxConversation bounds the JSON that is taken apart into messages, in bytes.
// What is longer is shown as the text it is.
const maxConversation = 16 << 20

// conversation reads the messages in text: a list, or inside of a request or a
// response, in the shapes of OpenAI (chat completions and responses),
// Anthropic, Gemini, the AI SDK, LangChain, Pydantic AI and OpenTelemetry. It
// returns nil when text is none of these, cut off for example. role is whose
// message it is that doesn't say.
func conversation(s, role string) []Message {
	if len(s) > maxConversation {
		return nil
	}
	v, ok := parseJSON(s)
	if !ok {
		return nil
	}
	return messagesOf(v, role)
}

func messagesOf(v any, role string) []Message {
	switch v := v.(type) {
	case []any:
		return fromList(v, role)
	case map[string]any:
		return fromObject(v, role)
	}
	return nil
}

// listKeys are where requests and responses keep their messages.
var listKeys = []string{"messages", "input", "contents", "output", "generations"}

// fromObject reads a request, a response or a single message.
func fromObject(m map[string]any, role string) []Message {
	for _, key := range listKeys {
		list, ok := m[key].([]any)
		if !ok {
			continue
		}
		if inner, nested := first(list).([]any); nested { // LangChain: a list a prompt
			list = inner
		}
		if messages := fromList(list, role); messages != nil {
			return append(instructions(m), messages...)
		}
	}
	for _, key := range []string{"choices", "candidates"} {
		if list, ok := m[key].([]any); ok && len(list) > 0 {
			return fromList(list, role)
		}
	}
	if prompt, ok := m["prompt"].(string); ok && prompt != "" { // the AI SDK's {system, prompt}
		return append(instructions(m), Message{Role: role, Parts: partsOf(prompt)})
	}
	asked := m["model"] != nil || m["tools"] != nil || m["instructions"] != nil
	if prompt, ok := m["input"].(string); ok && prompt != "" && asked { // OpenAI's Responses
		return append(instructions(m), Message{Role: role, Parts: partsOf(prompt)})
	}
	if one, ok := fromItem(m, role); ok {
		return []Message{one}
	}
	return nil
}

// instructions returns the system message that stands beside a list.
func instructions(m map[string]any) []Message {
	if config, ok := m["config"].(map[string]any); ok && config["system_instruction"] != nil {
		m = config
	}
	for _, key := range []string{"system", "instructions", "systemInstruction", "system_instruction"} {
		v := m[key]
		if obj, ok := v.(map[string]any); ok && obj["parts"] != nil {
			v = obj["parts"]
		}
		if parts := partsOf(v); len(parts) > 0 {
			return []Message{{Role: "system", Parts: parts}}
		}
	}
	return nil
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// fromList reads messages, choices, candidates or output items; nil when one
// element is none of these.
func fromList(list []any, role string) []Message {
	if parts := bareParts(list); parts != nil {
		return []Message{{Role: role, Parts: parts}}
	}
	var out []Message
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			return nil
		}
		message, ok := fromItem(m, role)
		if !ok {
			return nil
		}
		out = append(out, message)
	}
	return out
}

// bareParts reads a list whose elements are parts of one message that nobody
// wrote around them; nil when one is something else.
func bareParts(list []any) []Part {
	if len(list) == 0 {
		return nil
	}
	for _, item := range list {
		m, ok := item.(map[string]any)
		kind, _ := m["type"].(string)
		if known := partTypes[kind] != "" || modalities[kind] != ""; !ok || !known || m["role"] != nil {
			return nil
		}
	}
	return partsOf(list)
}

func fromItem(m map[string]any, role string) (Message, bool) {
	if message, ok := fromMessage(m, role); ok {
		return message, true
	}
	finish := text(either(m, "finish_reason", "finishReason"))
	for _, key := range []string{"message", "content"} { // a choice, a candidate, a generation
		if inner, ok := m[key].(map[string]any); ok {
			message, ok := fromMessage(inner, role)
			if message.Finish == "" {
				message.Finish = finish
			}
			return message, ok
		}
	}
	switch m["type"] { // items of OpenAI's responses
	case "function_call", "reasoning", "web_search_call", "file_search_call", "computer_call", "mcp_call", "code_interpreter_call", "image_generation_call":
		return Message{Role: "assistant", Parts: []Part{partOf(m)}}, true
	case "function_call_output", "computer_call_output", "mcp_call_output":
		return Message{Role: "tool", Parts: []Part{partOf(m)}}, true
	}
	return Message{}, false
}

// roles are words for a role that mean another one.
var roles = map[string]string{
	"human": "user", "ai": "assistant", "model": "assistant", "AIMessageChunk": "assistant",
	"HumanMessage": "user", "AIMessage": "assistant", "SystemMessage": "system", "ToolMessage": "tool",
}

// roleOf returns whose message m is, "" when it doesn't say.
func roleOf(m map[string]any) string {
	role := text(m["role"])
	if role == "" && m["content"] != nil {
		role, _ = m["type"].(string) // LangChain: {"type":"human","content":…}
		if r := roles[role]; r == "" && role != "system" && role != "tool" {
			role = ""
		}
	}
	if role == "" {
		switch m["kind"] { // Pydantic AI
		case "request":
			return "user"
		case "response":
			return "assistant"
		}
	}
	if std := roles[role]; std != "" {
		return std
	}
	return role
}

// fromMessage reads one message; ok is false when m is none.
func fromMessage(m map[string]any, role string) (Message, bool) {
	if kw, ok := m["kwargs"].(map[string]any); ok && m["lc"] != nil { // LangChain's serialization
		if id, ok := m["id"].([]any); ok && len(id) > 0 && kw["type"] == nil {
			kw["type"] = id[len(id)-1]
		}
		m = kw
	}
	said := roleOf(m)
	content := either(m, "parts", "contents", "content")
	if said == "" {
		_, choice := m["content"].(map[string]any)
		if choice || m["type"] != nil || either(m, "tool_calls", "parts", "finish_reason") == nil {
			return Message{}, false
		}
		said = role
	}
	if content == nil && m["tool_calls"] == nil && m["function_call"] == nil && m["message"] == nil && m["audio"] == nil && !hasOnly(m, "role", "name", "finish_reason") {
		return Message{}, false
	}
	if content == nil && m["message"] != nil { // an event of a choice
		inner, ok := m["message"].(map[string]any)
		if !ok {
			return Message{Role: said, Finish: text(m["finish_reason"]), Parts: partsOf(m["message"])}, true
		}
		if inner["role"] == nil {
			inner = maps.Clone(inner)
			inner["role"] = said
		}
		message, ok := fromMessage(inner, said)
		if message.Finish == "" {
			message.Finish = text(m["finish_reason"])
		}
		return message, ok
	}
	out := Message{Role: said, Name: text(m["name"]), Finish: text(either(m, "finish_reason", "stop_reason", "finishReason"))}
	if r, ok := either(m, "reasoning_content", "reasoning", "thinking").(string); ok && r != "" {
		out.Parts = append(out.Parts, Part{Type: Reasoning, Text: r})
	}
	if said == "tool" || said == "function" {
		out.Parts = append(out.Parts, toolParts(m, content)...)
	} else {
		out.Parts = append(out.Parts, partsOf(content)...)
	}
	if refusal, ok := m["refusal"].(string); ok && refusal != "" {
		out.Parts = append(out.Parts, Part{Type: Text, Text: refusal})
	}
	calls, _ := either(m, "tool_calls", "toolCalls").([]any)
	for _, c := range calls {
		out.Parts = append(out.Parts, callOf(c))
	}
	if f, ok := m["function_call"].(map[string]any); ok {
		out.Parts = append(out.Parts, callOf(map[string]any{"function": f}))
	}
	return out, true
}

// hasOnly reports whether m has some of these keys and no others: a message
// whose content was left out.
func hasOnly(m map[string]any, keys ...string) bool {
	if m["role"] == nil {
		return false
	}
	n := 0
	for _, k := range keys {
		if _, ok := m[k]; ok {
			n++
		}
	}
	return n == len(m)
}

// toolParts are the parts of a tool's message: one result, unless its parts say
// that they are results themselves.
func toolParts(m map[string]any, content any) []Part {
	if _, ok := content.([]any); ok {
		parts := partsOf(content)
		for _, p := range parts {
			if p.Type == Result {
				return parts
			}
		}
	}
	return []Part{{
		Type: Result, ID: text(either(m, "tool_call_id", "id")), Name: text(m["name"]), Value: plainResult(content),
		Failed: m["status"] == "error" || m["is_error"] == true,
	}}
}
