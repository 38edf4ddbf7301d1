package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/clewhq/clew/server/client"
)

// forgetPage is how many traces go in one request.
const forgetPage = 500

// forget deletes the traces that a query finds. Without --yes it only tells how
// many they are.
func forget(ctx context.Context, a *app, args []string) error {
	fs := a.flags("forget")
	var r remote
	r.register(fs, a)
	yes := fs.Bool("yes", false, "delete them; without it nothing is deleted")
	if err := parse(fs, args); err != nil {
		return err
	}
	q := client.Query{Text: strings.Join(fs.Args(), " "), Limit: forgetPage}
	if strings.TrimSpace(q.Text) == "" {
		return usageError(fs, "want a query that says what to forget, such as user:ann")
	}
	if !*yes {
		return wouldForget(ctx, a, &r, q)
	}
	var total client.Receipt
	for more := true; more; {
		receipt, err := r.client().Forget(ctx, q)
		total.Add(receipt)
		if err != nil {
			_ = tellReceipt(a, &r, total)
			return r.explain(err)
		}
		more = receipt.More
	}
	return tellReceipt(a, &r, total)
}

func tellReceipt(a *app, r *remote, total client.Receipt) error {
	if r.json {
		return printJSON(a, total)
	}
	_, err := fmt.Fprintf(a.stdout, "Forgot %d traces: %d spans, %d events, %d stored texts.\n", total.Traces, total.Spans, total.Events, total.Messages)
	return err
}

func wouldForget(ctx context.Context, a *app, r *remote, q client.Query) error {
	traces, spans := 0, 0
	for {
		list, err := r.client().Traces(ctx, q)
		if err != nil {
			return r.explain(err)
		}
		for _, t := range list.Items {
			traces, spans = traces+1, spans+t.SpanCount
		}
		if q.Cursor = list.NextCursor; q.Cursor == "" {
			break
		}
	}
	_, err := fmt.Fprintf(a.stdout, "%d traces with %d spans would go, whole; 'clew ls QUERY' lists them, --yes deletes them.\n", traces, spans)
	return err
}
