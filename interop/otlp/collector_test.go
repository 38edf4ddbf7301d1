package otlp

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/contrib/otlpgrpc"
	"github.com/clewhq/clew/interop/internal/peer"
)

var collector = peer.Package{Registry: "Go", Name: "go.opentelemetry.io/collector/otelcol", Locked: "collector/go.mod"}

// What the spans of a program of this SDK say is the same, whether they come by
// themselves or through a Collector.
func TestACollectorBetweenChangesNothing(t *testing.T) {
	program := buildCollector(t)
	direct := peer.StartServer(t)
	for _, out := range []string{"http", "grpc"} {
		through := peer.StartServer(t)
		addrs := startCollector(t, program, out, through)
		for _, in := range []string{"http", "grpc"} {
			t.Run("in by "+in+", out by "+out, func(t *testing.T) {
				collector.Check(t, "OTLP in by "+in+", out by "+out)
				how := clew.Endpoint("http://" + addrs["http"])
				if in == "grpc" {
					sender, err := otlpgrpc.New(addrs["grpc"], nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
					if err != nil {
						t.Fatal(err)
					}
					how = clew.SendWith(sender)
				}
				processor, err := clew.NewProcessor(how)
				if err != nil {
					t.Fatal(err)
				}
				shutdown, err := clew.Setup(t.Context(), clew.ServiceName("go"), clew.Endpoint(direct.URL), clew.SpanProcessor(processor))
				if err != nil {
					t.Fatal(err)
				}
				id := work(t.Context())
				if err := shutdown(context.Background()); err != nil {
					t.Fatal(err)
				}
				if stats := processor.Stats(); stats.Full+stats.Refused+stats.Abandoned+stats.Late != 0 {
					t.Errorf("dropped on the way to the Collector: %+v", stats)
				}
				want, got := direct.Await(t, id, spans), through.Await(t, id, spans)
				if diff := cmp.Diff(want.Trace, got.Trace); diff != "" {
					t.Errorf("by itself (-) and through the Collector (+):\n%s", diff)
				}
			})
		}
	}
}

// spans is how many spans work makes: more than one batch has.
const spans = 1203

func work(ctx context.Context) string {
	ctx = clew.WithUser(clew.WithSession(ctx, "session-ü"), "ann")
	ctx, root := clew.Start(clew.WithMetadata(ctx, attribute.Int("n", 5)), "checkout", clew.Kind(trace.SpanKindServer), clew.Tags("a", "b"),
		clew.Input(map[string]any{"order": 7}))
	_, charge := clew.Start(ctx, "charge", clew.TOOL)
	charge.Log(slog.LevelWarn, "slow", attribute.Int("ms", 900))
	charge.RecordError(errors.New("card declined"))
	charge.End()
	_, chat := clew.Start(ctx, "chat", clew.LLM, clew.Links(trace.Link{SpanContext: charge.OTel().SpanContext()}), clew.Attr(
		attribute.String("gen_ai.request.model", "gpt-4.1"), attribute.Int64("gen_ai.usage.input_tokens", 120),
		attribute.StringSlice("list", []string{"a", "b"}), attribute.Float64("ratio", 0.5), attribute.Bool("cached", true), attribute.Int64Slice("none", nil)))
	chat.End()
	for i := range spans - 3 {
		_, s := clew.Start(ctx, "item "+strconv.Itoa(i), clew.Attr(attribute.String("text", strings.Repeat("x", 100))))
		s.End()
	}
	root.SetOutput("done")
	root.End()
	return root.OTel().SpanContext().TraceID().String()
}

func buildCollector(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "collector")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", file, ".")
	build.Dir = filepath.Join(peer.Root(t), "collector")
	build.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0") // as 'make modules' builds it
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return file
}

// startCollector runs a Collector with the configuration of the guide until t
// ends, and returns where it listens.
func startCollector(t *testing.T, program, out string, to *peer.Server) map[string]string {
	t.Helper()
	addrs := map[string]string{"http": peer.FreeAddr(t), "grpc": peer.FreeAddr(t)}
	config := strings.NewReplacer("127.0.0.1:4316", addrs["http"], "127.0.0.1:4317", addrs["grpc"], "127.0.0.1:4318", to.Addr).
		Replace(peer.Recipe(t, "collector"))
	if out == "grpc" {
		config = strings.NewReplacer("otlp_http", "otlp_grpc", "endpoint: http://"+to.Addr, "endpoint: "+to.Addr+"\n    tls: {insecure: true}").
			Replace(config)
	}
	file := filepath.Join(t.TempDir(), "collector.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), program, file)
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	var complaints []string
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			line := lines.Text()
			if strings.Contains(line, "Everything is ready") {
				close(ready)
			}
			if !strings.Contains(line, `"level":"info"`) {
				complaints = append(complaints, line)
			}
		}
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-ended
		if err := cmd.Wait(); err != nil || len(complaints) > 0 {
			t.Errorf("the Collector: %v\n%s\nits configuration:\n%s", err, strings.Join(complaints, "\n"), config)
		}
	})
	select {
	case <-ready:
	case <-ended:
		t.Fatal("the Collector has ended")
	case <-time.After(time.Minute):
		t.Fatal("the Collector does not get ready")
	}
	return addrs
}
