package main

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"github.com/jackc/pgx/v5"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// fromPostgres takes a question out of the table and starts a program for it, with the context in its environment.
func fromPostgres(ctx context.Context, s system) error {
	db, err := pgx.Connect(ctx, s.Postgres)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(ctx) }()
	if _, err := db.Exec(ctx, "LISTEN work"); err != nil {
		return err
	}
	text, stored, err := take(ctx, db, s.Topic)
	for errors.Is(err, pgx.ErrNoRows) {
		if _, err := db.WaitForNotification(ctx); err != nil {
			return err
		}
		text, stored, err = take(ctx, db, s.Topic)
	}
	if err != nil {
		return err
	}
	ctx = clew.Continue(ctx, string(stored))
	return clew.Run(ctx, "resume work", func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, itself(), "process")
		cmd.Env = clew.Environ(ctx)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return errors.Join(checked(text), cmd.Run())
	})
}

// take removes one row and returns what was in it.
func take(ctx context.Context, db *pgx.Conn, topic string) (question string, stored propagators.Column, err error) {
	const one = "DELETE FROM work WHERE id = (SELECT id FROM work WHERE topic = $1 LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING question, span_context"
	err = db.QueryRow(ctx, one, topic).Scan(&question, &stored)
	return question, stored, err
}
