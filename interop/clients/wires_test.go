package clients

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/clewhq/clew/internal/modeltest"
)

// What is asked and answered in every format.
const (
	question  = modeltest.Question
	said      = modeltest.Said
	tool      = modeltest.Tool
	arguments = modeltest.Arguments
	refusal   = modeltest.Refusal
	asked     = modeltest.Asked
	answered  = modeltest.Answered
)

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

func converse(content, stop string) string {
	return fmt.Sprintf(`{"output":{"message":{"role":"assistant","content":[%s]}},"stopReason":%q,"usage":{"inputTokens":21,`+
		`"outputTokens":8,"totalTokens":29},"metrics":{"latencyMs":7}}`, content, stop)
}

const converseEnd = `metadata {"usage":{"inputTokens":21,"outputTokens":8,"totalTokens":29},"metrics":{"latencyMs":7},"p":"abc"}`

var converseWire = modeltest.Wire{
	Media:  "application/vnd.amazon.eventstream",
	Answer: converse(`{"text":"Forty fathoms."}`, "end_turn"),
	Call:   converse(`{"toolUse":{"toolUseId":"call_1","name":"measure","input":{"of":"labyrinth"}}}`, "tool_use"),
	Answers: frames(
		`messageStart {"role":"assistant","p":"abc"}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Forty"},"p":"abcdef"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"text":" fathoms."},"p":"a"}`, `contentBlockStop {"contentBlockIndex":0}`,
		`messageStop {"stopReason":"end_turn"}`, converseEnd,
	),
	Calling: frames(
		`messageStart {"role":"assistant","p":"abc"}`,
		`contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"call_1","name":"measure"}}}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\"of\":"}},"p":"abcdef"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"\"labyrinth\"}"}},"p":"ab"}`,
		`contentBlockStop {"contentBlockIndex":0}`, `messageStop {"stopReason":"tool_use"}`, converseEnd,
	),
	Refused: `{"message":"The labyrinth is closed."}`,
	Header:  http.Header{"X-Amzn-Errortype": {"ValidationException:http://internal.amazon.com/coral/"}},
}
