package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/llmhttp"
)

// keyWorkflow names one run of a workflow, on every span that belongs to it.
const keyWorkflow = attribute.Key("workflow.id")

// runWorker takes one job, does the first half of its workflow, saves the rest
// as a row and exits: what follows needs an approval that may take days.
func runWorker(ctx context.Context, r *role) error {
	db, err := openDatabase(ctx, r.database, workflowSchema)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	r.say(sayReady, "")
	m, err := receive(ctx, r.queue)
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped before there was work
		}
		return err
	}
	r.step("took message %s from the queue", m.ID)
	err = clew.Run(m.extract(ctx), "process "+queueName, func(ctx context.Context) error {
		clew.CurrentSpan(ctx).SetInput(m.Refund)
		return r.startWorkflow(ctx, db, m)
	}, clew.Kind(trace.SpanKindConsumer), clew.Attr(messageAttributes(m.ID, "process")...))
	if err != nil {
		return err
	}
	return acknowledge(ctx, r.queue, m.ID)
}

func (r *role) startWorkflow(ctx context.Context, db *database, m message) error {
	w := workflow{ID: "wf-" + m.ID[2:], Refund: m.Refund}
	id := clew.Attr(keyWorkflow.String(w.ID))
	return clew.Run(ctx, "refund workflow", func(ctx context.Context) error {
		_, err := clew.Observe(ctx, "check refund policy", func(context.Context) (string, error) {
			if m.Refund.Amount > 500 {
				return "", errors.New("over 500: a person has to decide")
			}
			return "allowed: lost by the carrier, under 500", nil
		}, id, clew.Input(m.Refund))
		if err != nil {
			return err
		}
		if r.drop != breakDB {
			w.Context = clew.Serialize(ctx)
		}
		if err := db.suspend(ctx, w); err != nil {
			return err
		}
		clew.CurrentSpan(ctx).AddEvent("suspended", attribute.String("waits_for", "approval"))
		r.step("saved workflow %s with its context in a database row (process %d exits)", w.ID, os.Getpid())
		return nil
	}, clew.EXECUTOR, id, clew.Input(m.Refund))
}

// runResumer is another process: all that it knows is in the row.
func runResumer(ctx context.Context, r *role) error {
	db, err := openDatabase(ctx, r.database, workflowSchema)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	r.say(sayReady, "")
	w, err := db.suspended(ctx)
	if err != nil {
		return err
	}
	r.step("read workflow %s and its context from the row (process %d)", w.ID, os.Getpid())
	id := clew.Attr(keyWorkflow.String(w.ID))
	return clew.Run(clew.Continue(ctx, w.Context), "resume refund workflow", func(ctx context.Context) error {
		client := &http.Client{Transport: llmhttp.Transport(nil)}
		mail, err := chat(ctx, client, r.model, []chatMessage{
			{Role: "system", Content: "You write short, friendly e-mails to customers of an outdoor shop."},
			{Role: "user", Content: fmt.Sprintf("The refund of %.2f for order %s was approved (%s). Tell Ada.", w.Refund.Amount, w.Refund.Order, w.Refund.Reason)},
		}, nil)
		if err != nil {
			return err
		}
		_, err = clew.Observe(ctx, "send_email", func(context.Context) (string, error) {
			file := r.database + "." + w.ID + ".eml"
			text := "To: ada@example.com\r\nSubject: Your refund\r\n\r\n" + mail.Content + "\r\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				return "", err
			}
			return "queued for delivery to ada@example.com", nil
		}, clew.TOOL, id, clew.Input(mail.Content))
		if err != nil {
			return err
		}
		r.step("sent the e-mail and finished the workflow")
		return db.finish(ctx, w.ID)
	}, clew.EXECUTOR, id)
}
