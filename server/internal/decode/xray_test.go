package decode

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const xrayHeader = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

// The cases are those of contrib/xray, whose module the server does not need.
func TestXRaysHeaderIsReadAsTheSDKReadsIt(t *testing.T) {
	for name, tc := range map[string]struct {
		text  string
		want  []string
		flags string
	}{
		"a header":                       {"X-Amzn-Trace-Id: " + xrayHeader, []string{"0 xray continue X-Amzn-Trace-Id@1:18"}, "sampled"},
		"a bare text":                    {xrayHeader, []string{"0 xray continue @1:1"}, "sampled"},
		"in a log":                       {"got " + xrayHeader + " from the queue", []string{"0 xray continue @1:5"}, "sampled"},
		"a Lambda function's variable":   {"HOME=/\n_X_AMZN_TRACE_ID=" + xrayHeader, []string{"0 xray continue _X_AMZN_TRACE_ID@2:18"}, "sampled"},
		"an SQS message":                 {`{"Attributes":{"AWSTraceHeader":"` + xrayHeader + `"}}`, []string{"0 xray continue AWSTraceHeader@1:34"}, "sampled"},
		"in another order":               {"x-amzn-trace-id: Sampled=0;Parent=53995c3f42cd8ad8;Root=1-5759e988-bd862e3fe1be46a994272793", []string{"0 xray continue x-amzn-trace-id@1:18"}, "not_sampled"},
		"with spaces":                    {"x-amzn-trace-id: " + strings.ReplaceAll(xrayHeader, ";", "; "), []string{"0 xray continue x-amzn-trace-id@1:18"}, "sampled"},
		"with parts of others":           {"x-amzn-trace-id: Self=1-5759e988-12456789abcdef012345678;" + xrayHeader + ";Lineage=a87bd80c:1|68fd508a:5", []string{"0 xray continue x-amzn-trace-id@1:18"}, "sampled"},
		"the receiver is to decide":      {"x-amzn-trace-id: " + strings.Replace(xrayHeader, "Sampled=1", "Sampled=?", 1), []string{"0 xray continue x-amzn-trace-id@1:18"}, "deferred"},
		"nothing about sampling":         {"x-amzn-trace-id: " + strings.TrimSuffix(xrayHeader, ";Sampled=1"), []string{"0 xray continue x-amzn-trace-id@1:18"}, "deferred"},
		"a load balancer's":              {"x-amzn-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793", []string{"0 xray ignore x-amzn-trace-id@1:18"}, ""},
		"a short trace id":               {"x-amzn-trace-id: Root=1-5759e988-bd86;Parent=53995c3f42cd8ad8", []string{"0 xray new_trace x-amzn-trace-id@1:18 !syntax@1:38"}, ""},
		"a character that is no digit":   {"x-amzn-trace-id: Root=1-5759e98g-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8", []string{"0 xray new_trace x-amzn-trace-id@1:18 !syntax@1:32"}, ""},
		"upper case":                     {"x-amzn-trace-id: Root=1-5759E988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8", []string{"0 xray new_trace x-amzn-trace-id@1:18 !syntax@1:29"}, ""},
		"a trace id of zeros":            {"x-amzn-trace-id: Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8", []string{"0 xray new_trace x-amzn-trace-id@1:18 !zero_id@1:23"}, ""},
		"a parent of zeros":              {"x-amzn-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000000", []string{"0 xray new_trace x-amzn-trace-id@1:18 !zero_id@1:66"}, ""},
		"a short parent":                 {"x-amzn-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793; Parent= 53", []string{"0 xray new_trace x-amzn-trace-id@1:18 !syntax@1:68"}, ""},
		"no trace":                       {"x-amzn-trace-id: Parent=53995c3f42cd8ad8;Sampled=1", []string{"0 xray new_trace x-amzn-trace-id@1:18 !missing"}, ""},
		"a part without a value":         {"x-amzn-trace-id: " + xrayHeader + ";x", []string{"0 xray new_trace x-amzn-trace-id@1:18 !syntax@1:93"}, ""},
		"a semicolon at the end":         {"x-amzn-trace-id: " + xrayHeader + ";", []string{"0 xray continue x-amzn-trace-id@1:18"}, "sampled"},
		"too long":                       {"x-amzn-trace-id: " + xrayHeader + ";x=" + strings.Repeat("x", 1024), []string{"0 xray new_trace x-amzn-trace-id@1:18 !too_long@1:1042"}, ""},
		"a W3C header decides before it": {"traceparent: " + parent + "\nx-amzn-trace-id: " + xrayHeader, []string{"0 tracecontext continue traceparent@1:14", "0 xray link x-amzn-trace-id@2:18"}, "sampled"},
	} {
		t.Run(name, func(t *testing.T) {
			d := Text(tc.text)
			if diff := cmp.Diff(tc.want, tell(d)); diff != "" {
				t.Fatalf("(-want +got)\n%s", diff)
			}
			c := d.Contexts[len(d.Contexts)-1]
			if got := strings.Join(c.Flags, ","); got != tc.flags {
				t.Errorf("flags %q", got)
			}
			if c.TraceID == nil {
				return
			}
			if c.TraceID.Hex != "5759e988bd862e3fe1be46a994272793" || c.TraceID.XRay != "1-5759e988-bd862e3fe1be46a994272793" || c.SpanID.Hex != "53995c3f42cd8ad8" || c.SpanID.XRay != "" {
				t.Errorf("trace %+v, span %+v", c.TraceID, c.SpanID)
			}
			if !strings.Contains(c.Explanation, "contrib/xray") {
				t.Errorf("it is not said that the SDK must be told: %s", c.Explanation)
			}
		})
	}
}
