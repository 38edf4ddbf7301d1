package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/internal/tracer"
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
		t.Logf("%-40s median %6v, least %6v of CPU; ratio %.2f", all[i].name, medians[i], c[0], float64(medians[i])/float64(medians[0]))
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

// sink is an OTLP endpoint that throws away what it gets, in a process of its own so that its work is not counted.
func sink(t testing.TB) (url string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CLEW_BENCH_SINK=1")
	in, err := cmd.StdinPipe() // it ends when this is closed
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(url)
}

func TestMain(m *testing.M) {
	if os.Getenv("CLEW_BENCH_SINK") == "" {
		os.Exit(m.Run())
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	fmt.Println(server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// produce starts and ends spans of five attributes from two goroutines.
func produce(tracer trace.Tracer, each int) int {
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range each {
				_, s := tracer.Start(context.Background(), "chat gpt-4o-mini", trace.WithSpanKind(trace.SpanKindClient))
				s.SetAttributes(five...)
				s.End()
			}
		})
	}
	all.Wait()
	return 2 * each
}

// pipeline is a provider with what exports its spans.
type pipeline interface {
	trace.TracerProvider
	ForceFlush(context.Context) error
	Shutdown(context.Context) error
}

// TestASpanCostsLessThanHalfOfOpenTelemetrys is a span's whole way: started with five attributes, ended, batched and sent
// over HTTP. With spans of our own each pipeline is Clew's; with OpenTelemetry's only the exporter is.
func TestASpanCostsLessThanHalfOfOpenTelemetrys(t *testing.T) {
	url := sink(t)
	const each = 50_000
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(url+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	processor := func() *clew.Processor {
		p, err := clew.NewProcessor(clew.Endpoint(url), clew.Queue(4*each, 256<<20), clew.Logger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	one, two := processor(), processor()
	run := func(name string, tp pipeline) contestant {
		tracer := tp.Tracer("bench")
		t.Cleanup(func() {
			if err := tp.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
		return contestant{name, func() int {
			n := produce(tracer, each)
			if err := tp.ForceFlush(context.Background()); err != nil {
				t.Fatal(err)
			}
			return n
		}}
	}
	costs := compare(t, 7,
		run("OpenTelemetry SDK, otlptracehttp", sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter, sdktrace.WithMaxQueueSize(4*each)))),
		run("OpenTelemetry SDK, Clew's exporter", sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(exportOnly{one}))),
		run("Clew", tracer.NewProvider(tracer.Config{
			Resource: resource.Default(), Sampler: sdktrace.AlwaysSample(), Limits: sdktrace.NewSpanLimits(),
			Processors: []sdktrace.SpanProcessor{exportOnly{two}},
		})))
	for _, p := range []*clew.Processor{one, two} {
		if got := p.Stats(); got.Full > 0 || got.Waiting > 0 || got.Sent == 0 {
			t.Errorf("%+v", got)
		}
	}
	if ratio := float64(costs[2]) / float64(costs[0]); ratio > slack*0.45 {
		t.Errorf("ratio %.2f", ratio)
	}
}

// exportOnly leaves out Clew's attributes, which the rival does not have.
type exportOnly struct{ *clew.Processor }

func (exportOnly) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
