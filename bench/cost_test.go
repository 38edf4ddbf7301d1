package bench

import (
	"context"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// cpu is what this process has used so far, its garbage collector included. Unlike the time that passes it hardly depends
// on what else the machine does.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// contestant is one way to do the work; run does it for n spans.
type contestant struct {
	name string
	run  func() (n int)
}

// compare runs the contestants in turns and returns the median of what a span costs each.
func compare(t *testing.T, rounds int, all ...contestant) []time.Duration {
	t.Helper()
	costs := make([][]time.Duration, len(all))
	for range rounds {
		for i, c := range all {
			runtime.GC() // each pays for its own garbage
			before := cpu()
			n := c.run()
			costs[i] = append(costs[i], (cpu()-before)/time.Duration(n))
		}
	}
	medians := make([]time.Duration, len(all))
	for i, c := range costs {
		slices.Sort(c)
		medians[i] = c[len(c)/2]
		t.Logf("%-40s median %6v, least %6v of CPU a span; ratio %.2f", all[i].name, medians[i], c[0], float64(medians[i])/float64(medians[0]))
	}
	return medians
}

// slack is how far a machine that others use may be off before a test says that a figure has gone.
const slack = 1.5

func TestEncodingCostsASixthOfWhatOpenTelemetrysExporterTakes(t *testing.T) {
	for name, llm := range map[string]bool{"five attributes": false, "model call": true} {
		spans := ended(512, llm)
		const batches = 40
		var e encoder
		exporter, err := otlptrace.New(context.Background(), upload(func(rs []*tracepb.ResourceSpans) error {
			_, err := proto.Marshal(&coltracepb.ExportTraceServiceRequest{ResourceSpans: rs})
			return err
		}))
		if err != nil {
			t.Fatal(err)
		}
		costs := compare(t, 9,
			contestant{name + ": otlptrace and proto.Marshal", func() int {
				for range batches {
					if err := exporter.ExportSpans(context.Background(), spans); err != nil {
						t.Fatal(err)
					}
				}
				return batches * len(spans)
			}},
			contestant{name + ": Clew", func() int {
				for range batches {
					e.encode(spans)
				}
				return batches * len(spans)
			}})
		if ratio := float64(costs[1]) / float64(costs[0]); ratio > slack/6 {
			t.Errorf("%s: ratio %.2f", name, ratio)
		}
	}
}
