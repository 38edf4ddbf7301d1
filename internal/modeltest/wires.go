package modeltest

import (
	"fmt"
	"net/http"
	"strings"
)

// What is asked and answered in every format.
const (
	Question  = "How deep is the labyrinth?"
	Said      = "Forty fathoms."
	Tool      = "measure"
	Arguments = `{"of":"labyrinth"}`
	Refusal   = "The labyrinth is closed."
	Asked     = 21 // tokens
	Answered  = 8
)

// Wire is what one API sends.
type Wire struct {
	Media string // of a stream

	Answer, Call     string   // in one piece: text, and a call of the tool
	Answers, Calling []string // as streams, in the pieces that are sent
	Refused          string   // with status 400
	Header           http.Header
}

func events(data ...string) []string {
	var out []string
	for _, d := range data {
		out = append(out, "data: "+d+"\n\n")
	}
	return out
}

// named are events that have their type as a name as well.
func named(data ...string) []string {
	var out []string
	for _, d := range data {
		_, rest, _ := strings.Cut(d, `"type":"`)
		name, _, _ := strings.Cut(rest, `"`)
		out = append(out, "event: "+name+"\ndata: "+d+"\n\n")
	}
	return out
}

func lines(data ...string) []string {
	var out []string
	for _, d := range data {
		out = append(out, d+"\n")
	}
	return out
}

func chunk(delta, finish string) string {
	return fmt.Sprintf(`{"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[`+
		`{"index":0,"delta":%s,"finish_reason":%s}]}`, delta, finish)
}

func completion(message, finish string) string {
	return fmt.Sprintf(`{"id":"c1","object":"chat.completion","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,`+
		`"message":%s,"finish_reason":%q}],"usage":{"prompt_tokens":21,"completion_tokens":8,"total_tokens":29}}`, message, finish)
}

const chatUsage = `{"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[],` +
	`"usage":{"prompt_tokens":21,"completion_tokens":8,"total_tokens":29}}`

// Chat is OpenAI's Chat Completions.
var Chat = Wire{
	Media:  "text/event-stream",
	Answer: completion(`{"role":"assistant","content":"Forty fathoms."}`, "stop"),
	Call: completion(`{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":`+
		`{"name":"measure","arguments":"{\"of\":\"labyrinth\"}"}}]}`, "tool_calls"),
	Answers: events(
		chunk(`{"role":"assistant","content":""}`, "null"), chunk(`{"content":"Forty"}`, "null"),
		chunk(`{"content":" fathoms."}`, "null"), chunk(`{}`, `"stop"`), chatUsage, "[DONE]",
	),
	Calling: events(
		chunk(`{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":`+
			`{"name":"measure","arguments":""}}]}`, "null"),
		chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"of\":"}}]}`, "null"),
		chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"\"labyrinth\"}"}}]}`, "null"),
		chunk(`{}`, `"tool_calls"`), chatUsage, "[DONE]",
	),
	Refused: `{"error":{"message":"The labyrinth is closed.","type":"invalid_request_error","code":"closed"}}`,
}

func response(status, output string) string {
	return fmt.Sprintf(`{"id":"resp_1","object":"response","created_at":1,"status":%q,"model":"gpt-4o-2024-08-06","output":[%s],`+
		`"parallel_tool_calls":true,"tools":[],"usage":{"input_tokens":21,"input_tokens_details":{"cached_tokens":0},`+
		`"output_tokens":8,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":29}}`, status, output)
}

const (
	messageItem = `{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text",` +
		`"text":"Forty fathoms.","annotations":[]}]}`
	callItem = `{"type":"function_call","id":"fc_1","call_id":"call_1","status":"completed","name":"measure",` +
		`"arguments":"{\"of\":\"labyrinth\"}"}`
)

// Responses is OpenAI's Responses.
var Responses = Wire{
	Media:  "text/event-stream",
	Answer: response("completed", messageItem),
	Call:   response("completed", callItem),
	Answers: named(
		`{"type":"response.created","sequence_number":0,"response":`+response("in_progress", "")+`}`,
		`{"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Forty"}`,
		`{"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" fathoms."}`,
		`{"type":"response.completed","sequence_number":3,"response":`+response("completed", messageItem)+`}`,
	),
	Calling: named(
		`{"type":"response.created","sequence_number":0,"response":`+response("in_progress", "")+`}`,
		`{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"function_call","id":"fc_1",`+
			`"call_id":"call_1","name":"measure","arguments":""}}`,
		`{"type":"response.function_call_arguments.delta","sequence_number":2,"item_id":"fc_1","output_index":0,"delta":"{\"of\":\"labyrinth\"}"}`,
		`{"type":"response.completed","sequence_number":3,"response":`+response("completed", callItem)+`}`,
	),
	Refused: Chat.Refused,
}

func anthropicMessage(content, stop string) string {
	return fmt.Sprintf(`{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[%s],`+
		`"stop_reason":%q,"stop_sequence":null,"usage":{"input_tokens":11,"cache_read_input_tokens":10,"output_tokens":8}}`, content, stop)
}

const anthropicStart = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",` +
	`"model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"usage":{"input_tokens":11,"cache_read_input_tokens":10,"output_tokens":1}}}`

func anthropicEnd(stop string) string {
	return fmt.Sprintf(`{"type":"message_delta","delta":{"stop_reason":%q,"stop_sequence":null},"usage":{"output_tokens":8}}`, stop)
}

// Anthropic is Anthropic's Messages.
var Anthropic = Wire{
	Media:  "text/event-stream",
	Answer: anthropicMessage(`{"type":"text","text":"Forty fathoms."}`, "end_turn"),
	Call:   anthropicMessage(`{"type":"tool_use","id":"call_1","name":"measure","input":{"of":"labyrinth"}}`, "tool_use"),
	Answers: named(
		anthropicStart, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, `{"type":"ping"}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Forty"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" fathoms."}}`,
		`{"type":"content_block_stop","index":0}`, anthropicEnd("end_turn"), `{"type":"message_stop"}`,
	),
	Calling: named(
		anthropicStart, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"call_1","name":"measure","input":{}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"of\":"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"labyrinth\"}"}}`,
		`{"type":"content_block_stop","index":0}`, anthropicEnd("tool_use"), `{"type":"message_stop"}`,
	),
	Refused: `{"type":"error","error":{"type":"invalid_request_error","message":"The labyrinth is closed."}}`,
}

func candidates(parts, rest string, output int) string {
	return fmt.Sprintf(`{"candidates":[{"content":{"parts":[%s],"role":"model"}%s,"index":0}],"usageMetadata":{"promptTokenCount":21,`+
		`"candidatesTokenCount":%d,"totalTokenCount":%d},"modelVersion":"gemini-2.5-flash","responseId":"r1"}`,
		parts, rest, output, Asked+output)
}

// Gemini is Google's generateContent.
var Gemini = Wire{
	Media:  "text/event-stream",
	Answer: candidates(`{"text":"Forty fathoms."}`, `,"finishReason":"STOP"`, Answered),
	Call:   candidates(`{"functionCall":{"name":"measure","args":{"of":"labyrinth"}}}`, `,"finishReason":"STOP"`, Answered),
	Answers: events(
		candidates(`{"text":"Forty"}`, "", 2), candidates(`{"text":" fathoms."}`, `,"finishReason":"STOP"`, Answered),
	),
	Calling: events(candidates(`{"functionCall":{"name":"measure","args":{"of":"labyrinth"}}}`, `,"finishReason":"STOP"`, Answered)),
	Refused: `{"error":{"code":400,"message":"The labyrinth is closed.","status":"INVALID_ARGUMENT"}}`,
}

func ollamaLine(message, rest string) string {
	return fmt.Sprintf(`{"model":"llama3.2","created_at":"2026-01-01T00:00:00.5Z","message":%s,%s}`, message, rest)
}

const (
	ollamaMore = `"done":false`
	ollamaEnd  = `"done":true,"done_reason":"stop","prompt_eval_count":21,"eval_count":8,"eval_duration":80000000`
	ollamaCall = `{"role":"assistant","content":"","tool_calls":[{"function":{"name":"measure","arguments":{"of":"labyrinth"}}}]}`
)

// Ollama is Ollama's chat.
var Ollama = Wire{
	Media:  "application/x-ndjson",
	Answer: ollamaLine(`{"role":"assistant","content":"Forty fathoms."}`, ollamaEnd),
	Call:   ollamaLine(ollamaCall, ollamaEnd),
	Answers: lines(
		ollamaLine(`{"role":"assistant","content":"Forty"}`, ollamaMore),
		ollamaLine(`{"role":"assistant","content":" fathoms."}`, ollamaMore),
		ollamaLine(`{"role":"assistant","content":""}`, ollamaEnd),
	),
	Calling: lines(ollamaLine(ollamaCall, ollamaMore), ollamaLine(`{"role":"assistant","content":""}`, ollamaEnd)),
	Refused: `{"error":"The labyrinth is closed."}`,
}
