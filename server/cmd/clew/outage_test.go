package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	sdk "github.com/clewhq/clew"
)

// What the producing process is told, in its environment.
const (
	produceTo    = "CLEW_TEST_PRODUCE_TO"
	produceSpool = "CLEW_TEST_PRODUCE_SPOOL"
	produceQueue = "CLEW_TEST_PRODUCE_QUEUE"
)

// produce is a program that ends 1,000 spans a second, a trace for each second, until its standard input ends. It says of
// each span that it has ended, and at the end what became of all.
func produce() error {
	queue, err := strconv.Atoi(os.Getenv(produceQueue))
	if err != nil {
		return err
	}
	opts := []sdk.Option{sdk.Endpoint(os.Getenv(produceTo)), sdk.Queue(queue, 0), sdk.Logger(slog.New(slog.NewTextHandler(os.Stderr, nil)))}
	if dir := os.Getenv(produceSpool); dir != "" {
		opts = append(opts, sdk.DiskSpool(dir, 1<<30))
	}
	shutdown, err := sdk.Setup(context.Background(), opts...)
	if err != nil {
		return err
	}
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(over)
	}()
	end := func(s *sdk.Span) {
		s.End()
		sc := s.OTel().SpanContext()
		fmt.Println(sc.TraceID(), sc.SpanID())
	}
	tick := time.NewTicker(10 * time.Millisecond)
	for running := true; running; {
		ctx, root := sdk.Start(context.Background(), "second", sdk.NewTrace)
		for n := 0; n < 999 && running; n++ {
			end(sdk.StartDetached(ctx, "work", sdk.Input("what was asked")))
			if n%10 == 0 {
				select {
				case <-tick.C:
				case <-over:
					running = false
				}
			}
		}
		end(root)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	lost := shutdown(ctx)
	stats, err := json.Marshal(sdk.Stats())
	fmt.Printf("stats %s\n", stats)
	if lost != nil {
		fmt.Fprintln(os.Stderr, lost)
	}
	return err
}

// producer is a process that produces.
type producer struct {
	cmd   *exec.Cmd
	in    io.Closer
	ended map[string][]string // span ids by trace
	count int
	stats sdk.ExportStats
	done  chan error
}

func startProducer(t *testing.T, env ...string) *producer {
	t.Helper()
	p := &producer{cmd: selfAs(t, runProducer+"=1"), ended: map[string][]string{}, done: make(chan error, 1)}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in = in
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go func() {
		var err error
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if stats, ok := strings.CutPrefix(lines.Text(), "stats "); ok {
				err = json.Unmarshal([]byte(stats), &p.stats)
				continue
			}
			trace, span, _ := strings.Cut(lines.Text(), " ")
			p.ended[trace] = append(p.ended[trace], span)
			p.count++
		}
		_ = p.cmd.Wait()
		p.done <- err
	}()
	return p
}

func (p *producer) wait(t *testing.T) {
	t.Helper()
	if err := <-p.done; err != nil {
		t.Fatal(err)
	}
}

// outage is how long the server is away: some seconds, or what CLEW_OUTAGE says.
func outage(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("CLEW_OUTAGE")
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("CLEW_OUTAGE: %v", err)
	}
	return d
}

// unusedAddress is one that nobody listens on. It is below the ports that systems give to whoever connects.
func unusedAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(15000))
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

func TestAfterAnOutageInWhichTheProgramWasKilledEverySpanIsThereOnce(t *testing.T) {
	addr, spool := unusedAddress(t), t.TempDir()
	env := []string{produceTo + "=http://" + addr, produceSpool + "=" + spool, produceQueue + "=16384"}
	half := outage(t) / 2

	first := startProducer(t, env...)
	<-time.NewTimer(half).C
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.wait(t)
	second := startProducer(t, env...)
	<-time.NewTimer(half).C
	server := startServer(t, t.TempDir(), "--listen", addr)
	_ = second.in.Close()
	second.wait(t)

	if first.count == 0 || second.count == 0 {
		t.Fatalf("%d and %d spans ended", first.count, second.count)
	}
	stored := 0
	for _, p := range []*producer{first, second} {
		for trace, ids := range p.ended {
			counts := spanCounts(t, server.url, trace)
			stored += len(counts)
			for _, id := range ids {
				if counts[id] != 1 {
					t.Errorf("trace %s: span %s is there %d times", trace, id, counts[id])
				}
			}
		}
	}
	// The first process may have been killed between the end of a span and its word of it.
	if ended := first.count + second.count; stored < ended || stored > ended+1 {
		t.Errorf("%d spans ended, %d are stored", ended, stored)
	}
	if got := second.stats; got.Waiting != 0 || got.Full+got.Refused+got.Abandoned > 0 {
		t.Errorf("%+v", got)
	}
	t.Logf("%d spans ended in %v, a kill -9 amid; %d are stored", first.count+second.count, 2*half, stored)
}

func TestWithoutASpoolTheSpansThatAnOutageCostsAreCounted(t *testing.T) {
	addr := unusedAddress(t)
	p := startProducer(t, produceTo+"=http://"+addr, produceSpool+"=", produceQueue+"=600")
	<-time.NewTimer(outage(t)).C
	server := startServer(t, t.TempDir(), "--listen", addr)
	_ = p.in.Close()
	p.wait(t)

	stored := 0
	for trace, ids := range p.ended {
		counts := 0
		if resp := get(t, server.url+"/api/v1/traces/"+trace, ""); resp.StatusCode == 200 {
			counts = len(spanCounts(t, server.url, trace))
		}
		if stored += counts; counts > len(ids) {
			t.Errorf("trace %s: %d spans ended, %d are stored", trace, len(ids), counts)
		}
	}
	got := p.stats
	lost := got.Full + got.Refused + got.Abandoned + got.Late
	if got.Sent != uint64(stored) || got.Sent+lost != uint64(p.count) || got.Waiting != 0 || lost == 0 {
		t.Errorf("%d spans ended, %d are stored; the SDK counts %+v", p.count, stored, got)
	}
	t.Logf("%d spans ended, %d are stored, %d counted as lost", p.count, stored, lost)
}
