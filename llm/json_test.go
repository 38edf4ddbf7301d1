package llm

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
)

// FuzzWriter holds the writer of messages against the same forms written by encoding/json, in reference_test.go.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07"), "user", "a text", "image", `{"type": "x", "y": [ 1 ]}`)
	f.Add([]byte("\x00\x80\x02\x80\x03\x80\x08"), "", "\x00\"\\\n\xff\u2028 <é>", "", "\xff")
	f.Add([]byte("\x02\x03\x03\x84\x84\x85\x86\x87"), "tool", `{"a": "`+"\xff\xfe"+`"}`, "vi<deo", ` [1, "\u00e9"] `)
	f.Add([]byte("\x00\x08\x80\x08"), "assistant", "", "TYP", "{")
	f.Fuzz(func(t *testing.T, kinds []byte, a, b, c, d string) {
		sameByEncodingJSON(t, callOf(kinds, a, b, c, d))
	})
}

func TestWhatIsNestedTooDeepIsWrittenAsText(t *testing.T) {
	deep := strings.Repeat("[", 9990) + strings.Repeat("]", 9990)
	sameByEncodingJSON(t, callOf([]byte{7, 2, 3}, "x", deep, "", `{"a":`+deep+"}"))
}

func sameByEncodingJSON(t *testing.T, call Call) {
	t.Helper()
	want := map[attribute.Key]string{}
	if len(call.Input) > 0 {
		want[SystemInstructionsKey] = refMarshal(refPartsJSON(call.System))
		want[InputMessagesKey] = refMarshal(refMessagesJSON(call.Input))
		want[OutputMessagesKey] = refMarshal(refMessagesJSON(call.Output))
		want[ToolDefinitionsKey] = refMarshal(refToolsJSON(call.Tools))
		want[SpanInputKey] = refMarshal(refConversation(call))
		want[SpanOutputKey] = refMarshal(refChatMessages(call.Output))
	}
	if answers := refChatMessages(call.Output); len(answers) == 1 {
		want[SpanOutputKey] = refMarshal(answers[0])
	}
	got := map[attribute.Key]string{}
	for _, kv := range appendContent(nil, call) {
		got[kv.Key] = kv.Value.AsString()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("encoding/json and the writer differ (-want +got):\n%s", diff)
	}
}

// callOf makes a call in which each kind is a part, of a new message if its high bit is set.
func callOf(kinds []byte, a, b, c, d string) Call {
	var messages []Message
	for i, kind := range kinds {
		p := []Part{
			Text(b), Reasoning(b), ToolCall{ID: a, Name: c, Arguments: b}, ToolResult{ID: a, Result: d},
			Blob{Modality: c, MIMEType: a, Base64: b}, File{Modality: c, MIMEType: a, ID: b}, URI{Modality: c, MIMEType: a, URI: b},
			Other(d), nil, ToolCall{Arguments: d},
		}[int(kind&0x7F)%10]
		if i == 0 || kind >= 0x80 {
			messages = append(messages, Message{Role: a, Name: c})
		}
		last := &messages[len(messages)-1]
		last.Parts = append(last.Parts, p)
	}
	call := Call{Input: messages}
	if len(messages) > 0 {
		call.System = messages[0].Parts
		call.Output = append(slices.Clone(messages[1:]), Message{Role: a, Parts: messages[0].Parts, FinishReason: b})
		call.Tools = []Tool{{Type: a, Name: b, Description: c, Parameters: json.RawMessage(d)}, {Definition: json.RawMessage(d)}}
	}
	return call
}

func TestWritingMessagesTakesFewAllocations(t *testing.T) {
	call := Call{Input: []Message{User("What is it?")}, Output: []Message{Assistant(strings.Repeat("It is so. ", 400))}}
	room := make([]attribute.KeyValue, 0, 8)
	if n := testing.AllocsPerRun(100, func() { appendContent(room, call) }); n > maxWriteAllocs {
		t.Errorf("%v allocations, want at most %d", n, maxWriteAllocs)
	}
}

// maxWriteAllocs: for each of three attributes its text and its value, for each message in chat form its content and the list that
// it is in, and a writer and its buffer as it grows if there is none in the pool.
const maxWriteAllocs = 16
