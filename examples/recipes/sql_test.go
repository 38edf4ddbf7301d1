package recipes_test

import (
	"context"
	"database/sql"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// Work that waits in a table has its context in a column beside it.
func Example_databaseSQL() {
	ctx := clew.WithSession(context.Background(), "chat-7")
	db := must(sql.Open("pgx", postgresURL))
	defer func() { _ = db.Close() }()
	must(db.ExecContext(ctx, "CREATE TABLE job (id text PRIMARY KEY, span_context text)"))

	check(clew.Run(ctx, "accept", func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "INSERT INTO job VALUES ($1, $2)", "7", propagators.Column(clew.Serialize(ctx)))
		return err
	}))
	must(db.ExecContext(ctx, "INSERT INTO job VALUES ('8', NULL)")) // from before there were traces

	rows := must(db.QueryContext(ctx, "DELETE FROM job RETURNING id, span_context"))
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var stored propagators.Column
		check(rows.Scan(&id, &stored))
		work := clew.Continue(clew.WithSession(context.Background(), "nightly"), string(stored))
		check(clew.Run(work, "resume "+id, func(ctx context.Context) error { tell(ctx); return nil }))
	}
	check(rows.Err())

	// Output:
	// accept > resume 7 in session chat-7
	// resume 8 in session nightly
}
