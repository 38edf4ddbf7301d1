package clients

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// What is asked and answered in every format.
const (
	question  = "How deep is the labyrinth?"
	said      = "Forty fathoms."
	tool      = "measure"
	arguments = `{"of":"labyrinth"}`
	refusal   = "The labyrinth is closed."
	asked     = 21 // tokens
	answered  = 8
)

// wire is what one API sends.
type wire struct {
	media string // of a stream

	answer, call     string   // in one piece: text, and a call of the tool
	answers, calling []string // as streams, in the pieces that are sent
	refused          string   // with status 400
	header           http.Header
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

// frames are encoded by AWS's own code.
func frames(data ...string) []string {
	var out []string
	for _, d := range data {
		kind, payload, _ := strings.Cut(d, " ")
		var m eventstream.Message
		m.Headers.Set(":message-type", eventstream.StringValue("event"))
		m.Headers.Set(":event-type", eventstream.StringValue(kind))
		m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
		m.Payload = []byte(payload)
		var b bytes.Buffer
		if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
			panic(err)
		}
		out = append(out, b.String())
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

var chatWire = wire{
	media:  "text/event-stream",
	answer: completion(`{"role":"assistant","content":"Forty fathoms."}`, "stop"),
	call: completion(`{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":`+
		`{"name":"measure","arguments":"{\"of\":\"labyrinth\"}"}}]}`, "tool_calls"),
	answers: events(
		chunk(`{"role":"assistant","content":""}`, "null"), chunk(`{"content":"Forty"}`, "null"),
		chunk(`{"content":" fathoms."}`, "null"), chunk(`{}`, `"stop"`), chatUsage, "[DONE]",
	),
	calling: events(
		chunk(`{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":`+
			`{"name":"measure","arguments":""}}]}`, "null"),
		chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"of\":"}}]}`, "null"),
		chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"\"labyrinth\"}"}}]}`, "null"),
		chunk(`{}`, `"tool_calls"`), chatUsage, "[DONE]",
	),
	refused: `{"error":{"message":"The labyrinth is closed.","type":"invalid_request_error","code":"closed"}}`,
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

var responsesWire = wire{
	media:  "text/event-stream",
	answer: response("completed", messageItem),
	call:   response("completed", callItem),
	answers: named(
		`{"type":"response.created","sequence_number":0,"response":`+response("in_progress", "")+`}`,
		`{"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Forty"}`,
		`{"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" fathoms."}`,
		`{"type":"response.completed","sequence_number":3,"response":`+response("completed", messageItem)+`}`,
	),
	calling: named(
		`{"type":"response.created","sequence_number":0,"response":`+response("in_progress", "")+`}`,
		`{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"function_call","id":"fc_1",`+
			`"call_id":"call_1","name":"measure","arguments":""}}`,
		`{"type":"response.function_call_arguments.delta","sequence_number":2,"item_id":"fc_1","output_index":0,"delta":"{\"of\":\"labyrinth\"}"}`,
		`{"type":"response.completed","sequence_number":3,"response":`+response("completed", callItem)+`}`,
	),
	refused: chatWire.refused,
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

var anthropicWire = wire{
	media:  "text/event-stream",
	answer: anthropicMessage(`{"type":"text","text":"Forty fathoms."}`, "end_turn"),
	call:   anthropicMessage(`{"type":"tool_use","id":"call_1","name":"measure","input":{"of":"labyrinth"}}`, "tool_use"),
	answers: named(
		anthropicStart, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, `{"type":"ping"}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Forty"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" fathoms."}}`,
		`{"type":"content_block_stop","index":0}`, anthropicEnd("end_turn"), `{"type":"message_stop"}`,
	),
	calling: named(
		anthropicStart, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"call_1","name":"measure","input":{}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"of\":"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"labyrinth\"}"}}`,
		`{"type":"content_block_stop","index":0}`, anthropicEnd("tool_use"), `{"type":"message_stop"}`,
	),
	refused: `{"type":"error","error":{"type":"invalid_request_error","message":"The labyrinth is closed."}}`,
}

func candidates(parts, rest string, output int) string {
	return fmt.Sprintf(`{"candidates":[{"content":{"parts":[%s],"role":"model"}%s,"index":0}],"usageMetadata":{"promptTokenCount":21,`+
		`"candidatesTokenCount":%d,"totalTokenCount":%d},"modelVersion":"gemini-2.5-flash","responseId":"r1"}`,
		parts, rest, output, asked+output)
}

var geminiWire = wire{
	media:  "text/event-stream",
	answer: candidates(`{"text":"Forty fathoms."}`, `,"finishReason":"STOP"`, answered),
	call:   candidates(`{"functionCall":{"name":"measure","args":{"of":"labyrinth"}}}`, `,"finishReason":"STOP"`, answered),
	answers: events(
		candidates(`{"text":"Forty"}`, "", 2), candidates(`{"text":" fathoms."}`, `,"finishReason":"STOP"`, answered),
	),
	calling: events(candidates(`{"functionCall":{"name":"measure","args":{"of":"labyrinth"}}}`, `,"finishReason":"STOP"`, answered)),
	refused: `{"error":{"code":400,"message":"The labyrinth is closed.","status":"INVALID_ARGUMENT"}}`,
}

func converse(content, stop string) string {
	return fmt.Sprintf(`{"output":{"message":{"role":"assistant","content":[%s]}},"stopReason":%q,"usage":{"inputTokens":21,`+
		`"outputTokens":8,"totalTokens":29},"metrics":{"latencyMs":7}}`, content, stop)
}

const converseEnd = `metadata {"usage":{"inputTokens":21,"outputTokens":8,"totalTokens":29},"metrics":{"latencyMs":7},"p":"abc"}`

var converseWire = wire{
	media:  "application/vnd.amazon.eventstream",
	answer: converse(`{"text":"Forty fathoms."}`, "end_turn"),
	call:   converse(`{"toolUse":{"toolUseId":"call_1","name":"measure","input":{"of":"labyrinth"}}}`, "tool_use"),
	answers: frames(
		`messageStart {"role":"assistant","p":"abc"}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Forty"},"p":"abcdef"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"text":" fathoms."},"p":"a"}`, `contentBlockStop {"contentBlockIndex":0}`,
		`messageStop {"stopReason":"end_turn"}`, converseEnd,
	),
	calling: frames(
		`messageStart {"role":"assistant","p":"abc"}`,
		`contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"call_1","name":"measure"}}}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\"of\":"}},"p":"abcdef"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"\"labyrinth\"}"}},"p":"ab"}`,
		`contentBlockStop {"contentBlockIndex":0}`, `messageStop {"stopReason":"tool_use"}`, converseEnd,
	),
	refused: `{"message":"The labyrinth is closed."}`,
	header:  http.Header{"X-Amzn-Errortype": {"ValidationException:http://internal.amazon.com/coral/"}},
}

func ollamaLine(message, rest string) string {
	return fmt.Sprintf(`{"model":"llama3.2","created_at":"2026-01-01T00:00:00.5Z","message":%s,%s}`, message, rest)
}

const (
	ollamaMore = `"done":false`
	ollamaEnd  = `"done":true,"done_reason":"stop","prompt_eval_count":21,"eval_count":8,"eval_duration":80000000`
	ollamaCall = `{"role":"assistant","content":"","tool_calls":[{"function":{"name":"measure","arguments":{"of":"labyrinth"}}}]}`
)

var ollamaWire = wire{
	media:  "application/x-ndjson",
	answer: ollamaLine(`{"role":"assistant","content":"Forty fathoms."}`, ollamaEnd),
	call:   ollamaLine(ollamaCall, ollamaEnd),
	answers: lines(
		ollamaLine(`{"role":"assistant","content":"Forty"}`, ollamaMore),
		ollamaLine(`{"role":"assistant","content":" fathoms."}`, ollamaMore),
		ollamaLine(`{"role":"assistant","content":""}`, ollamaEnd),
	),
	calling: lines(ollamaLine(ollamaCall, ollamaMore), ollamaLine(`{"role":"assistant","content":""}`, ollamaEnd)),
	refused: `{"error":"The labyrinth is closed."}`,
}
