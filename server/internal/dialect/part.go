package dialect

import (
	"encoding/json"
	"strings"
)

// PartType says what a Part is.
type PartType string

// The types of parts.
const (
	Text      PartType = "text"
	Reasoning PartType = "reasoning"
	Call      PartType = "tool_call"
	Result    PartType = "tool_result"
	Media     PartType = "media"
	Other     PartType = "other" // a shape that nobody here knows, as it was sent
)

// Part is a piece of a message. Only the fields of its type are set.
type Part struct {
	Type PartType
	Text string // Text, Reasoning

	ID, Name string // Call, Result
	Value    any    // Call: its arguments; Result: what came back; Other: all of it
	Failed   bool   // Result

	// Media stands for an image, a sound or a file. What it held stays in the
	// attribute; [Part.Data] decodes it.
	Modality string // image, audio, video, document, file
	MIME     string
	URL      string // where it is, or its id at the provider; never data
	Bytes    int    // how much data was sent in its place
	base64   string // that data
}

// partsOf reads the content of a message.
func partsOf(content any) []Part {
	switch c := content.(type) {
	case nil:
		return nil
	case string:
		if c == "" {
			return nil
		}
		return []Part{{Type: Text, Text: c}}
	case []any:
		out := make([]Part, 0, len(c))
		for _, p := range c {
			out = append(out, partOf(p))
		}
		return out
	default:
		return []Part{partOf(c)}
	}
}

// partTypes maps the words that conventions have for types of parts. What has
// no word of its own but a modality is [Media].
var partTypes = map[string]PartType{
	"text": Text, "input_text": Text, "output_text": Text, "refusal": Text, "summary_text": Text, "markdown": Text,
	"system-prompt": Text, "user-prompt": Text,
	"reasoning": Reasoning, "thinking": Reasoning, "redacted_thinking": Reasoning, "redacted-reasoning": Reasoning, "thought": Reasoning,
	"tool_call": Call, "tool_use": Call, "tool-call": Call, "function_call": Call, "server_tool_call": Call, "server_tool_use": Call,
	"mcp_tool_use": Call, "mcp_call": Call, "web_search_call": Call, "file_search_call": Call, "computer_call": Call,
	"code_interpreter_call": Call, "image_generation_call": Call,
	"tool_call_response": Result, "tool_result": Result, "tool-result": Result, "tool-return": Result,
	"function_call_output": Result, "computer_call_output": Result, "server_tool_call_response": Result, "mcp_tool_result": Result,
	"web_search_tool_result": Result, "retry-prompt": Result, "tool_output": Result,
}

// modalities maps the types of parts that are media.
var modalities = map[string]string{
	"image_url": "image", "input_image": "image", "image": "image", "image-url": "image",
	"input_audio": "audio", "audio": "audio", "audio-url": "audio", "video": "video", "video-url": "video",
	"document": "document", "document-url": "document",
	"file": "file", "input_file": "file", "blob": "file", "uri": "file", "binary": "file",
}

// partOf reads one part, in any convention's form.
func partOf(v any) Part {
	if s, ok := v.(string); ok {
		return Part{Type: Text, Text: s}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return Part{Type: Other, Value: v}
	}
	kind := text(either(m, "type", "part_kind"))
	switch partTypes[kind] {
	case Text:
		return Part{Type: Text, Text: text(either(m, "text", "content", "refusal"))}
	case Reasoning:
		return reasoningPart(m)
	case Call:
		return callOf(m)
	case Result:
		return resultPart(m)
	}
	if modality := modalities[kind]; modality != "" {
		return mediaPart(modality, m)
	}
	for _, key := range []string{"functionCall", "function_call", "toolUse"} { // Gemini, Bedrock
		if inner, ok := m[key].(map[string]any); ok {
			return callOf(inner)
		}
	}
	for _, key := range []string{"functionResponse", "function_response", "toolResult"} {
		if inner, ok := m[key].(map[string]any); ok {
			return resultPart(inner)
		}
	}
	for _, key := range []string{"inlineData", "inline_data", "fileData", "file_data"} {
		if inner, ok := m[key].(map[string]any); ok {
			return mediaPart("file", inner)
		}
	}
	for _, modality := range []string{"image", "document", "video", "audio"} { // Bedrock: {"image":{"format":…}}
		if inner, ok := m[modality].(map[string]any); ok {
			return mediaPart(modality, inner)
		}
	}
	if inner, ok := m["reasoningContent"].(map[string]any); ok {
		return reasoningPart(inner)
	}
	if s, ok := m["text"].(string); ok {
		if m["thought"] == true {
			return Part{Type: Reasoning, Text: s}
		}
		return Part{Type: Text, Text: s}
	}
	return Part{Type: Other, Value: v}
}

func reasoningPart(m map[string]any) Part {
	if list, ok := either(m, "summary", "content").([]any); ok {
		var lines []string
		for _, p := range partsOf(list) {
			lines = append(lines, p.Text)
		}
		return Part{Type: Reasoning, Text: strings.Join(lines, "\n\n")}
	}
	if inner, ok := m["reasoningText"].(map[string]any); ok { // Bedrock
		m = inner
	}
	return Part{Type: Reasoning, Text: text(either(m, "content", "thinking", "text", "thought"))}
}

// callOf reads the call of a tool.
func callOf(v any) Part {
	m, ok := v.(map[string]any)
	if !ok {
		return Part{Type: Other, Value: v}
	}
	fn := m
	if inner, ok := m["function"].(map[string]any); ok {
		fn = inner
	}
	name := text(either(fn, "name", "toolName", "tool_name"))
	if name == "" {
		name = strings.TrimSuffix(text(m["type"]), "_call") // a provider's own tool: web_search_call
	}
	return Part{
		Type: Call, ID: text(either(m, "id", "toolCallId", "tool_call_id", "toolUseId", "call_id")), Name: name,
		Value: loose(either(fn, "arguments", "input", "args", "server_tool_call", "action", "queries", "code")),
	}
}

func resultPart(m map[string]any) Part {
	return Part{
		Type: Result, ID: text(either(m, "tool_use_id", "toolCallId", "tool_call_id", "toolUseId", "call_id", "id")),
		Name:   text(either(m, "name", "toolName", "tool_name")),
		Value:  plainResult(either(m, "response", "result", "content", "output", "server_tool_call_response")),
		Failed: m["is_error"] == true || m["isError"] == true || m["status"] == "error" || m["part_kind"] == "retry-prompt",
	}
}

// plainResult: a result whose content is a list of texts is their text, and JSON
// inside of a text is what it stands for.
func plainResult(content any) any {
	if m, ok := content.(map[string]any); ok && m["type"] != nil && len(m) == 2 && m["value"] != nil { // the AI SDK's {type, value}
		return loose(m["value"])
	}
	list, ok := content.([]any)
	if !ok {
		return loose(content)
	}
	var texts []string
	for _, p := range partsOf(list) {
		if p.Type != Text {
			return content
		}
		texts = append(texts, p.Text)
	}
	return loose(strings.Join(texts, "\n"))
}

// Plain returns the input or output of a span as what it stands for: JSON
// decoded, any other text as it is, nil for "".
func Plain(s string) any {
	var quoted string
	switch {
	case s == "":
		return nil
	case s[0] == '"' && json.Unmarshal([]byte(s), &quoted) == nil:
		return quoted
	}
	return loose(s)
}
