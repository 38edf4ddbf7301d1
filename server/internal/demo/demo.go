package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/clewhq/clew/server/client"
)

// App is the world of `clew demo`.
type App struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Color          bool // Stdout wants ANSI escapes
	Width          int  // of Stdout in characters; 0 when unknown

	// Serve runs the server on listen with its data in a directory until ctx
	// ends, and calls ready once with the URL when it serves.
	Serve func(ctx context.Context, listen, data string, ready func(url string)) error
}

// The port that people and SDKs expect, and any other.
const (
	usualAddress = "127.0.0.1:4318"
	anyAddress   = "127.0.0.1:0"
)

// patience bounds the whole play, the server's start included.
const patience = 2 * time.Minute

// options are the flags.
type options struct {
	drop string
	exit bool
	json bool
	data string
	keep bool // data was asked for
}

// Run is `clew demo` with args; it returns the exit code: 0 when the trace is
// whole, 1 when it is not or something failed, 2 for a wrong call. Without
// --exit it serves the UI until ctx ends.
func (a *App) Run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "role" {
		if err := a.runRole(ctx, args[1:]); err != nil {
			_, _ = fmt.Fprintln(a.Stderr, err)
			return 1
		}
		return 0
	}
	var o options
	fs := flag.NewFlagSet("clew demo", flag.ContinueOnError)
	fs.SetOutput(a.Stderr)
	fs.StringVar(&o.drop, "break", "", "drop the context at this `hop`: "+strings.Join(hops, ", "))
	fs.BoolVar(&o.exit, "exit", false, "stop after showing the trace; the exit code is 0 only if it is whole")
	fs.BoolVar(&o.json, "json", false, "print counts as JSON in the last line")
	fs.StringVar(&o.data, "data", "", "keep the data in this `directory` (default: a temporary one, removed at the end)")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case fs.NArg() > 0:
		_, _ = fmt.Fprintf(a.Stderr, "clew demo: unexpected argument %q\n", fs.Arg(0))
		return 2
	case o.drop != "" && !slices.Contains(hops, o.drop):
		_, _ = fmt.Fprintf(a.Stderr, "clew demo: --break %q: want %s\n", o.drop, strings.Join(hops, ", "))
		return 2
	}
	whole, err := a.demo(ctx, o)
	if err != nil {
		_, _ = fmt.Fprintf(a.Stderr, "clew demo: %v\n", err)
		return 1
	}
	if !whole {
		return 1
	}
	return 0
}

// demo runs server and play, shows the trace, and reports whether it is whole.
func (a *App) demo(ctx context.Context, o options) (whole bool, err error) {
	o.keep = o.data != ""
	if !o.keep {
		if o.data, err = os.MkdirTemp("", "clew-demo-"); err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.data)) }()
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return false, err
	}
	srv, err := a.startServer(ctx, o.data)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()

	playing, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the demo took longer than %v", patience))
	defer cancel()
	p := play{app: a, server: srv.url, data: o.data, drop: o.drop}
	traceID, err := p.run(playing)
	if err != nil {
		if ctx.Err() != nil {
			return false, errors.New("interrupted")
		}
		return false, err
	}
	c := client.Client{URL: srv.url}
	t, err := c.Outline(playing, traceID)
	if err != nil {
		return false, fmt.Errorf("read the trace: %w", err)
	}
	if whole, err = a.report(t, o, srv.url); err != nil || o.exit {
		return whole, err
	}
	select {
	case <-ctx.Done():
	case <-srv.done:
	}
	return whole, nil
}

// server is Clew's server in this process.
type server struct {
	url    string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // read after done is closed
}

// startServer serves at the usual address, or at any other when that is taken.
func (a *App) startServer(ctx context.Context, data string) (*server, error) {
	dir := filepath.Join(data, "server")
	s, err := a.tryServer(ctx, usualAddress, dir)
	if err == nil {
		return s, nil
	}
	s, other := a.tryServer(ctx, anyAddress, dir)
	if other != nil {
		return nil, fmt.Errorf("start the server: %w", other)
	}
	_, _ = fmt.Fprintf(a.Stdout, "%s is taken, so this server is at %s\n", usualAddress, s.url)
	return s, nil
}

func (a *App) tryServer(ctx context.Context, listen, data string) (*server, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it ends after the roles have delivered
	s := &server{cancel: cancel, done: make(chan struct{})}
	ready := make(chan string, 1)
	go func() {
		defer close(s.done)
		s.err = a.Serve(ctx, listen, data, func(url string) { ready <- url })
	}()
	select {
	case s.url = <-ready:
		return s, nil
	case <-s.done:
		cancel()
		return nil, s.err
	}
}

func (s *server) stop() error {
	s.cancel()
	<-s.done
	return s.err
}

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
