package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
)

// roles is THE TABLE of what a process of the demo can be. A name is also the
// service name of the spans that the process makes.
var roles = []struct {
	name   string
	traced bool // makes spans
	run    func(context.Context, *role) error
}{
	{"model", false, runModel},
	{"queue", false, runQueue},
	{"tools", true, runTools},
	{"planner", true, runPlanner},
	{"gateway", true, runGateway},
	{"worker", true, runWorker},
	{"resumer", true, runResumer},
}

// The hops at which the context can be dropped, by the name that --break takes.
const (
	breakHeader = "header"
	breakQueue  = "queue"
	breakDB     = "db"
)

var hops = []string{breakHeader, breakQueue, breakDB}

// role is one process at work: where the others are, and its way to speak to
// its parent.
type role struct {
	name     string
	server   string // URL of Clew
	model    string // host:port of the others
	queue    string
	tools    string
	planner  string
	database string // file
	drop     string // the hop at which to lose the context, or ""

	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	lines  sync.Mutex
}

// How a role speaks to its parent: lines on its standard output that begin with
// one of these words.
const (
	sayReady = "ready" // and the address that it listens on
	sayStep  = "step"  // and a sentence about what it did
)

func (r *role) say(word, text string) {
	r.lines.Lock()
	defer r.lines.Unlock()
	_, _ = fmt.Fprintf(r.stdout, "%s %s\n", word, text) // a parent that is gone has closed stdin too
}

func (r *role) step(format string, args ...any) { r.say(sayStep, fmt.Sprintf(format, args...)) }

// runRole is `clew demo role NAME flags`: it does the work of one process and
// returns when the work is done or stdin is closed, after its spans were
// delivered.
func (a *App) runRole(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		return errors.New("demo role: want the name of a role")
	}
	r := &role{name: args[0], stdin: a.Stdin, stdout: a.Stdout, stderr: a.Stderr}
	fs := flag.NewFlagSet("clew demo role "+r.name, flag.ContinueOnError)
	fs.SetOutput(a.Stderr)
	for name, into := range r.settings() {
		fs.StringVar(into, name, "", "set by the parent")
	}
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	for _, known := range roles {
		if known.name != r.name {
			continue
		}
		// An interrupt from the keyboard reaches every process of the terminal;
		// a role waits for its parent to decide.
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		defer stop()
		go func() {
			_, _ = io.Copy(io.Discard, r.stdin)
			stop()
		}()
		if known.traced {
			deliver, err := r.trace(ctx)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, deliver()) }()
			return known.run(ctx, r)
		}
		return known.run(ctx, r)
	}
	return fmt.Errorf("demo role: no role %q", r.name)
}

// settings are the flags of a role.
func (r *role) settings() map[string]*string {
	return map[string]*string{
		"server": &r.server, "model": &r.model, "queue": &r.queue, "tools": &r.tools, "planner": &r.planner,
		"database": &r.database, "break": &r.drop,
	}
}

// trace sets up the SDK. deliver sends what is left and reports whether every
// span arrived.
func (r *role) trace(ctx context.Context) (deliver func() error, err error) {
	var mu sync.Mutex
	var failed error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = fmt.Errorf("deliver spans to %s: %w", r.server, err)
	}))
	shutdown, err := clew.Setup(ctx, clew.ServiceName(r.name), clew.ServiceVersion(clew.Version), clew.Endpoint(r.server),
		clew.ResourceAttributes(attribute.Int("process.pid", os.Getpid())),
		clew.Logger(slog.New(slog.NewTextHandler(r.stderr, nil))))
	if err != nil {
		return nil, err
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err := shutdown(ctx)
		mu.Lock()
		defer mu.Unlock()
		return errors.Join(err, failed)
	}, nil
}

// listen opens a port of the role's own and tells the parent which.
func (r *role) listen(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err == nil {
		r.say(sayReady, l.Addr().String())
	}
	return l, err
}

// serve answers requests until ctx ends; running ones are finished.
func (r *role) serve(ctx context.Context, h http.Handler) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return srv.Shutdown(grace)
}
