package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// process is a running role.
type process struct {
	name    string
	cmd     *exec.Cmd
	stdin   io.Closer // closing it asks the role to end
	stderr  tail
	address chan string // receives the address once
	ended   chan struct{}
	err     error // how it ended; read after ended is closed
}

// stopGrace is how long a role may take to deliver its spans and end.
const stopGrace = 15 * time.Second

// foreign are the beginnings of environment variables that would change what
// the demo shows: where spans go, whether they are sampled, or what they
// continue.
var foreign = []string{"OTEL_", "LMNR_", "TRACEPARENT=", "TRACESTATE=", "BAGGAGE=", "CLEW_KEY=", "CLEW_URL="}

func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return slices.ContainsFunc(foreign, func(prefix string) bool { return strings.HasPrefix(kv, prefix) })
	})
	return append(env, "OTEL_BSP_SCHEDULE_DELAY=200") // so that the UI shows spans as they end
}

// start starts a role and returns when it is ready. What it says it does goes to
// step. The process is killed when ctx ends.
func start(ctx context.Context, name string, settings map[string]string, step func(string)) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	args := []string{"demo", "role", name}
	for key, value := range settings {
		args = append(args, "--"+key, value)
	}
	p := &process{name: name, address: make(chan string, 1), ended: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, self, args...)
	p.cmd.Env = environment()
	p.cmd.Stderr = &p.stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			switch word, text, _ := strings.Cut(lines.Text(), " "); word {
			case sayReady:
				p.address <- text
			case sayStep:
				step(text)
			}
		}
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// ready waits until the role says that it is, and returns its address.
func (p *process) ready(ctx context.Context) (string, error) {
	select {
	case address := <-p.address:
		return address, nil
	case <-p.ended:
		return "", p.failure("ended before it was ready")
	case <-ctx.Done():
		return "", fmt.Errorf("%s was not ready: %w", p.name, context.Cause(ctx))
	}
}

// wait waits until the role has done its work and ended.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.ended:
		if p.err != nil {
			return p.failure("failed")
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s did not finish: %w", p.name, context.Cause(ctx))
	}
}

// stop asks the role to end and waits until it has.
func (p *process) stop() error {
	_ = p.stdin.Close() // fails when the role has ended
	select {
	case <-p.ended:
	case <-time.After(stopGrace):
		_ = p.cmd.Process.Kill() // fails when the role has ended
		<-p.ended
		return p.failure(fmt.Sprintf("did not end within %v", stopGrace))
	}
	if p.err != nil {
		return p.failure("failed")
	}
	return nil
}

// failure says which role failed, how, and what it said last.
func (p *process) failure(how string) error {
	text := "the role " + p.name + " " + how
	if p.err != nil {
		text += " (" + p.err.Error() + ")"
	}
	if said := p.stderr.String(); said != "" {
		text += "; the end of its stderr:\n  " + strings.ReplaceAll(strings.TrimSpace(said), "\n", "\n  ")
	}
	return errors.New(text)
}

// tail keeps the last bytes that are written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if n := len(t.text) - tailBytes; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
