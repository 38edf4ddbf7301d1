package ingest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

func protoLog(fields ...[]byte) []byte {
	return bytesField(1, bytesField(2, bytesField(2, join(fields...))))
}

const logsJSON = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[%]}]}]}`

func TestLogRecordsOfASpanBecomeItsEvents(t *testing.T) {
	ids := join(bytesField(9, testTrace[:]), bytesField(10, spanID(1)))
	jsonIDs := `"traceId":"00000000000000000000000000000001","spanId":"0000000000000001",`
	at := trace.Time(testStart + 10)
	for _, c := range []struct {
		name  string
		proto []byte
		json  string
		want  trace.Event
	}{
		{
			"a GenAI event with its name in the field",
			join(ids, fixed64Field(1, uint64(at)), textField(12, "gen_ai.user.message"),
				bytesField(5, bytesField(6, bytesField(1, keyValue("content", textField(1, "hi"))))),
				bytesField(6, keyValue("gen_ai.system", textField(1, "openai")))),
			jsonIDs + `"timeUnixNano":"` + decimal(at) + `","eventName":"gen_ai.user.message",
				"body":{"kvlistValue":{"values":[{"key":"content","value":{"stringValue":"hi"}}]}},
				"attributes":[{"key":"gen_ai.system","value":{"stringValue":"openai"}}]`,
			trace.Event{Name: "gen_ai.user.message", Time: at, Attributes: trace.Attributes{
				{Key: "gen_ai.system", Value: trace.StringValue("openai")},
				{Key: "body", Value: trace.MapValue(trace.Attribute{Key: "content", Value: trace.StringValue("hi")})},
			}},
		},
		{
			"an event with its name in an attribute and the time of its observation",
			join(ids, fixed64Field(11, uint64(at)), bytesField(6, keyValue("event.name", textField(1, "tool_result")))),
			jsonIDs + `"observedTimeUnixNano":` + decimal(at) + `,"attributes":[{"key":"event.name","value":{"stringValue":"tool_result"}}]`,
			trace.Event{Name: "tool_result", Time: at, Attributes: trace.Attributes{
				{Key: "event.name", Value: trace.StringValue("tool_result")},
			}},
		},
		{
			"a plain log line",
			join(ids, fixed64Field(1, uint64(at)), textField(3, "WARN"), bytesField(5, textField(1, "slow"))),
			jsonIDs + `"timeUnixNano":"` + decimal(at) + `","severityText":"WARN","body":{"stringValue":"slow"}`,
			trace.Event{Name: "log", Time: at, Attributes: trace.Attributes{
				{Key: "body", Value: trace.StringValue("slow")}, {Key: "severity", Value: trace.StringValue("WARN")},
			}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for contentType, body := range map[string][]byte{
				protobuf:           protoLog(c.proto),
				"application/json": []byte(strings.Replace(logsJSON, "%", "{"+c.json+"}", 1)),
			} {
				r := newReceiver(t, Config{})
				// The log comes first: it waits for its span.
				resp, answer := r.post(t, "/v1/logs", body, "Content-Type", contentType)
				if resp.StatusCode != http.StatusOK || strings.Contains(string(answer), "artial") {
					t.Fatalf("%s: status %d, answer %q", contentType, resp.StatusCode, answer)
				}
				r.mustTakeGood(t, 1)
				got := r.spans(t, testTrace)[0].Events
				if diff := cmp.Diff([]trace.Event{c.want}, got); diff != "" {
					t.Errorf("%s: events differ (-want +got):\n%s", contentType, diff)
				}
			}
		})
	}
}

func TestLogRecordsWithoutASpanAreAcceptedAndSaidToBeDropped(t *testing.T) {
	r := newReceiver(t, Config{})
	resp, body := r.post(t, "/v1/logs", protoLog(bytesField(5, textField(1, "line"))), "Content-Type", protobuf)
	a := readAnswer(body)
	if resp.StatusCode != http.StatusOK || a.rejected != 0 || !strings.Contains(a.message, "was not kept") {
		t.Errorf("status %d, answer %+v", resp.StatusCode, a)
	}
}

func TestALogRecordWithABrokenIDIsRefusedAlone(t *testing.T) {
	r := newReceiver(t, Config{})
	_, body := r.post(t, "/v1/logs", join(
		protoLog(bytesField(9, []byte{1}), bytesField(10, spanID(1)), textField(12, "bad")),
		protoLog(bytesField(9, testTrace[:]), bytesField(10, spanID(1)), textField(12, "good")),
	), "Content-Type", protobuf)
	if a := readAnswer(body); a.rejected != 1 || !strings.Contains(a.message, `log record "bad": trace id has 1 bytes`) {
		t.Errorf("answer %+v", a)
	}
	r.mustTakeGood(t, 1)
	if events := r.spans(t, testTrace)[0].Events; len(events) != 1 || events[0].Name != "good" {
		t.Errorf("events %v", events)
	}
}

func TestMetricsAreAcceptedAndSaidToBeDropped(t *testing.T) {
	r := newReceiver(t, Config{})
	resp, body := r.post(t, "/v1/metrics", []byte("anything"), "Content-Type", protobuf)
	if want := (answer{0, metricsNotice}); resp.StatusCode != http.StatusOK || readAnswer(body) != want {
		t.Errorf("status %d, answer %q", resp.StatusCode, body)
	}
	resp, body = r.post(t, "/v1/metrics", []byte("{}"), "Content-Type", "application/json")
	if want := `{"partialSuccess":{"errorMessage":"` + metricsNotice + `"}}`; resp.StatusCode != http.StatusOK || string(body) != want {
		t.Errorf("status %d, answer %q", resp.StatusCode, body)
	}
	if a := r.rpc(t, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", frame(0, nil)); a.code != "0" || a.answer.message != metricsNotice {
		t.Errorf("gRPC: status %s, answer %+v", a.code, a.answer)
	}
}
