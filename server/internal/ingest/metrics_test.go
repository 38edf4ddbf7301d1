package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

func TestMetricsCountWhatBecameOfSpans(t *testing.T) {
	reg := prometheus.NewRegistry()
	r := newReceiver(t, Config{Metrics: reg})
	r.post(t, "/v1/traces", export(span(1), span(2), nil), "Content-Type", protobuf)
	r.post(t, "/v1/traces", jsonExport(jsonSpan(3, nil)), "Content-Type", "application/json")
	r.post(t, "/v1/logs", protoLog(), "Content-Type", protobuf)
	r.rpc(t, tracesRPC, frame(0, export(span(4))))
	r.rpc(t, tracesRPC, nil)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetCounter() == nil || f.GetName() == "clew_ingest_bytes_total" {
				continue
			}
			line := strings.TrimSuffix(strings.TrimPrefix(f.GetName(), "clew_ingest_"), "_total")
			for _, l := range m.GetLabel() {
				line += " " + l.GetValue()
			}
			got = append(got, fmt.Sprint(line, " ", m.GetCounter().GetValue()))
		}
	}
	want := []string{ // labels are in alphabetical order of their names
		"items accepted traces grpc 1",
		"items accepted traces http_json 1",
		"items accepted traces http_protobuf 2",
		"items dropped logs http_protobuf 1",
		"items refused traces http_protobuf 1",
		"refusals malformed 1",
		"requests 0 logs http_protobuf 1",
		"requests 0 traces grpc 1",
		"requests 0 traces http_json 1",
		"requests 0 traces http_protobuf 1",
		"requests 3 traces grpc 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics differ (-want +got):\n%s", diff)
	}
}
