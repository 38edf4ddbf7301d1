package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

const queueName = "refunds"

// message is what lies in the queue. The context travels inside of it, beside
// the job, so that it survives whatever carries it.
type message struct {
	ID      string            `json:"id"`
	Context map[string]string `json:"context"`
	Refund  refund            `json:"refund"`
}

func (m message) inject(ctx context.Context) { clew.Inject(ctx, propagators.Map(m.Context)) }

func (m message) extract(ctx context.Context) context.Context {
	return clew.Extract(ctx, propagators.Map(m.Context))
}

func newMessageID() string { return "m-" + strings.ToLower(rand.Text()[:10]) }

// messageAttributes are OpenTelemetry's, on both sides of the queue.
func messageAttributes(id, operation string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("messaging.system", "clew_demo"),
		attribute.String("messaging.destination.name", queueName),
		attribute.String("messaging.operation.type", operation),
		attribute.String("messaging.message.id", id),
	}
}

// The broker speaks JSON over TCP, one request and one answer a connection.
type queueRequest struct {
	Op      string          `json:"op"` // publish, receive or ack
	ID      string          `json:"id"`
	Message json.RawMessage `json:"message,omitempty"`
}

type queueAnswer struct {
	Error   string          `json:"error,omitempty"`
	Message json.RawMessage `json:"message,omitempty"`
}

func publish(ctx context.Context, broker string, m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = askQueue(ctx, broker, queueRequest{Op: "publish", ID: m.ID, Message: body})
	return err
}

// receive waits for a message. It stays in the queue until it is acknowledged.
func receive(ctx context.Context, broker string) (m message, err error) {
	a, err := askQueue(ctx, broker, queueRequest{Op: "receive"})
	if err == nil {
		err = json.Unmarshal(a.Message, &m)
	}
	return m, err
}

func acknowledge(ctx context.Context, broker, id string) error {
	_, err := askQueue(ctx, broker, queueRequest{Op: "ack", ID: id})
	return err
}

func askQueue(ctx context.Context, broker string, q queueRequest) (a queueAnswer, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", broker)
	if err != nil {
		return a, fmt.Errorf("queue: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	if err := json.NewEncoder(conn).Encode(q); err != nil {
		return a, fmt.Errorf("queue: %s: %w", q.Op, err)
	}
	if err := json.NewDecoder(conn).Decode(&a); err != nil {
		return a, fmt.Errorf("queue: %s: %w", q.Op, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("queue: %s: %s", q.Op, a.Error)
	}
	return a, nil
}

// runQueue is the broker. Its messages lie in a database, so they outlive it.
func runQueue(ctx context.Context, r *role) error {
	db, err := openDatabase(ctx, r.database, `CREATE TABLE IF NOT EXISTS messages (
		id TEXT PRIMARY KEY, body TEXT NOT NULL, claimed INTEGER NOT NULL DEFAULT 0)`)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	b := broker{db: db, arrived: make(chan struct{}, 1)}
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go b.answer(ctx, conn)
	}
}

type broker struct {
	db      *database
	arrived chan struct{} // has something when a message may be waiting
}

func (b broker) answer(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var q queueRequest
	if err := json.NewDecoder(conn).Decode(&q); err != nil {
		return
	}
	a, err := b.do(ctx, q)
	if err != nil {
		a.Error = err.Error()
	}
	_ = json.NewEncoder(conn).Encode(a) // the client is gone if this fails
}

func (b broker) do(ctx context.Context, q queueRequest) (a queueAnswer, err error) {
	switch q.Op {
	case "publish":
		if _, err := b.db.ExecContext(ctx, "INSERT INTO messages (id, body) VALUES (?, ?)", q.ID, string(q.Message)); err != nil {
			return a, err
		}
		b.wake()
		return a, nil
	case "receive":
		for {
			var body string
			err := b.db.QueryRowContext(ctx, `UPDATE messages SET claimed = 1
				WHERE id = (SELECT id FROM messages WHERE claimed = 0 ORDER BY rowid LIMIT 1) RETURNING body`).Scan(&body)
			if !errors.Is(err, errNoRow) {
				b.wake() // there may be more, for another who waits
				return queueAnswer{Message: json.RawMessage(body)}, err
			}
			select {
			case <-b.arrived:
			case <-ctx.Done():
				return a, ctx.Err()
			}
		}
	case "ack":
		_, err := b.db.ExecContext(ctx, "DELETE FROM messages WHERE id = ? AND claimed = 1", q.ID)
		return a, err
	default:
		return a, fmt.Errorf("no operation %q", q.Op)
	}
}

func (b broker) wake() {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}
