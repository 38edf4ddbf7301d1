// Command worker is a hop of the chain that uses this SDK: it takes one task over
// HTTP, from a queue or from a row, and hands it on, or begins or ends the chain.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	_ "modernc.org/sqlite"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// patience is how long a task may take to come.
const patience = 3 * time.Minute

// place is where a task comes from or goes to: a URL, a subject, the name of a row.
type place struct{ Way, At string }

type task struct {
	Port     int
	Name     string
	In, Out  *place
	NATS, DB string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run() error {
	var w task
	if err := json.Unmarshal([]byte(os.Args[1]), &w); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	shutdown, err := clew.Setup(ctx, clew.Endpoint(fmt.Sprintf("http://127.0.0.1:%d", w.Port)), clew.ServiceName("go"),
		clew.ContextFormats("tracecontext", "laminar", "mirascope"))
	if err != nil {
		return err
	}
	err = w.take(ctx, func(ctx context.Context) error {
		return clew.Run(ctx, w.Name, w.handOn)
	})
	return errors.Join(err, shutdown(ctx), os.WriteFile(os.Getenv("CLEW_RESULT"), []byte("{}"), 0o600))
}

// take waits for the task and does it with what its sender said.
func (w *task) take(ctx context.Context, do func(context.Context) error) error {
	switch {
	case w.In == nil:
		return do(clew.WithUser(clew.WithSession(ctx, "chain-session"), "chain-user"))
	case w.In.Way == "http":
		return w.serve(ctx, do)
	case w.In.Way == "queue":
		return w.consume(ctx, do)
	default:
		return w.poll(ctx, do)
	}
}

func ready() error { return os.WriteFile(os.Getenv("CLEW_RESULT")+".ready", nil, 0o600) }

func (w *task) serve(ctx context.Context, do func(context.Context) error) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", strings.TrimPrefix(w.In.At, "http://"))
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	srv := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		done <- do(clew.Extract(ctx, propagators.Header(r.Header)))
	})}
	go func() { _ = srv.Serve(l) }()
	if err := ready(); err != nil {
		return err
	}
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, srv.Shutdown(ctx))
}

func (w *task) consume(ctx context.Context, do func(context.Context) error) error {
	conn, err := nats.Connect(w.NATS)
	if err != nil {
		return err
	}
	defer conn.Close()
	sub, err := conn.SubscribeSync(w.In.At)
	if err == nil {
		err = conn.Flush()
	}
	if err == nil {
		err = ready()
	}
	if err != nil {
		return err
	}
	msg, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		return err
	}
	header := http.Header{} // other clients write names in any case
	for name, values := range msg.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	return do(clew.Extract(ctx, propagators.Header(header)))
}

func (w *task) poll(ctx context.Context, do func(context.Context) error) error {
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := ready(); err != nil {
		return err
	}
	for {
		var serialized string
		err := db.QueryRowContext(ctx, "SELECT context FROM tasks WHERE name = ?", w.In.At).Scan(&serialized)
		if err == nil {
			return do(clew.Continue(ctx, serialized))
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *task) open() (*sql.DB, error) {
	return sql.Open("sqlite", w.DB+"?_pragma=busy_timeout(60000)")
}

// handOn gives the task with the current context to the next hop, if there is one.
func (w *task) handOn(ctx context.Context) error {
	switch {
	case w.Out == nil:
		return nil
	case w.Out.Way == "http":
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.Out.At, nil)
		if err != nil {
			return err
		}
		clew.Inject(ctx, propagators.Header(req.Header))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	case w.Out.Way == "queue":
		conn, err := nats.Connect(w.NATS)
		if err != nil {
			return err
		}
		defer conn.Close()
		msg := nats.NewMsg(w.Out.At)
		header := http.Header{}
		clew.Inject(ctx, propagators.Header(header))
		msg.Header = nats.Header(header)
		return errors.Join(conn.PublishMsg(msg), conn.Flush())
	default:
		db, err := w.open()
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, "INSERT INTO tasks (name, context) VALUES (?, ?)", w.Out.At, clew.Serialize(ctx))
		return errors.Join(err, db.Close())
	}
}
