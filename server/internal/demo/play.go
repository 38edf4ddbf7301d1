package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
)

// play is one run of the system.
type play struct {
	app    *App
	server string
	data   string
	drop   string

	mu      sync.Mutex
	running []*process
}

// run starts the roles, asks the question, and returns its trace id after every
// role has delivered its spans and ended.
func (p *play) run(ctx context.Context) (traceID string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel() // kills what an error left running
		for _, one := range p.running {
			<-one.ended
		}
	}()
	settings := map[string]string{"server": p.server, "break": p.drop}
	for _, name := range []string{"model", "queue", "tools", "planner", "gateway"} {
		mine := settings
		if name == "queue" {
			mine = map[string]string{"database": filepath.Join(p.data, "queue.db")}
		}
		one, err := p.start(ctx, name, mine)
		if err != nil {
			return "", err
		}
		if settings[name], err = one.ready(ctx); err != nil {
			return "", err
		}
	}
	gateway := settings["gateway"]
	delete(settings, "gateway") // nobody calls it
	settings["database"] = filepath.Join(p.data, "workflows.db")
	worker, err := p.start(ctx, "worker", settings)
	if err != nil {
		return "", err
	}
	if _, err := worker.ready(ctx); err != nil {
		return "", err
	}

	answer, err := p.ask(ctx, gateway, "Where is my order A-1042? It should have been here a week ago. If it is lost I want my money back.")
	if err != nil {
		return "", err
	}
	p.step("gateway", "answered: "+answer.Answer)
	if err := worker.wait(ctx); err != nil {
		return "", err
	}
	resumer, err := p.start(ctx, "resumer", settings)
	if err != nil {
		return "", err
	}
	if err := resumer.wait(ctx); err != nil {
		return "", err
	}
	return answer.TraceID, p.stop()
}

func (p *play) start(ctx context.Context, name string, settings map[string]string) (*process, error) {
	settings = maps.Clone(settings)
	delete(settings, name)
	one, err := start(ctx, name, settings, func(text string) { p.step(name, text) })
	if err == nil {
		p.running = append(p.running, one)
	}
	return one, err
}

// stop ends all roles at once; none has work left.
func (p *play) stop() error {
	errs := make([]error, len(p.running))
	var stopping sync.WaitGroup
	for i, one := range p.running {
		stopping.Go(func() { errs[i] = one.stop() })
	}
	stopping.Wait()
	return errors.Join(errs...)
}

func (p *play) step(name, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.app.Stdout, "%-8s %s\n", name, text)
}

// ask is the customer: a plain HTTP request from outside, without a trace.
func (p *play) ask(ctx context.Context, gateway, text string) (reply, error) {
	client := &http.Client{Transport: customer{http.DefaultTransport}}
	out, err := postJSON[reply](ctx, client, "http://"+gateway+"/ask", question{text})
	if err != nil {
		return out, fmt.Errorf("ask the gateway: %w%s", err, p.told())
	}
	return out, nil
}

// told is what the roles wrote to stderr, for when one of them answered with an error.
func (p *play) told() string {
	var out strings.Builder
	for _, one := range p.running {
		if said := strings.TrimSpace(one.stderr.String()); said != "" {
			fmt.Fprintf(&out, "\n%s said:\n  %s", one.name, strings.ReplaceAll(said, "\n", "\n  "))
		}
	}
	return out.String()
}

// customer adds what the sign-in adds to requests from outside.
type customer struct{ next http.RoundTripper }

func (c customer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(headerUser, "ada")
	r.Header.Set(headerSession, "chat-42")
	return c.next.RoundTrip(r)
}
