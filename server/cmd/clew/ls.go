package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/terminal"
)

// mostListed is the API's largest page.
const mostListed = 500

var (
	traceColumns = []terminal.Column{
		{Name: "TRACE"}, {Name: "START"}, {Name: "DURATION", Right: true}, {Name: "SPANS", Right: true}, {Name: "ERRORS", Right: true},
		{Name: "TOKENS", Right: true}, {Name: "COST", Right: true}, {Name: "SERVICES"}, {Name: "NAME"},
	}
	spanColumns = []terminal.Column{
		{Name: "TRACE"}, {Name: "SPAN"}, {Name: "START"}, {Name: "DURATION", Right: true}, {Name: "STATUS"}, {Name: "TYPE"},
		{Name: "TOKENS", Right: true}, {Name: "COST", Right: true}, {Name: "SERVICE"}, {Name: "NAME"},
	}
)

func ls(ctx context.Context, a *app, args []string) error {
	fs := a.flags("ls")
	var r remote
	r.register(fs, a)
	var q client.Query
	fs.StringVar(&q.Service, "service", "", "only traces with a span of this `service`")
	fs.StringVar(&q.Name, "name", "", "only traces with a span of this `name`")
	fs.StringVar(&q.Session, "session", "", "only traces with a span of this `session`")
	fs.StringVar(&q.User, "user", "", "only traces with a span of this `user`")
	fs.StringVar(&q.Type, "type", "", "only traces with a span of this `type`: LLM, TOOL, …")
	fs.StringVar(&q.Status, "status", "", "only traces with a span of this `status`: error, ok, unset")
	timeFlag(fs, "from", "only traces active at this `time` or later: RFC 3339, or an age such as 90m or 36h", &q.From)
	timeFlag(fs, "to", "only traces active before this `time`, as --from", &q.To)
	fs.IntVar(&q.Limit, "n", 20, fmt.Sprintf("at most this `many`, up to %d", mostListed))
	spans := fs.Bool("spans", false, "list the spans that match, not their traces")
	if err := parse(fs, args); err != nil {
		return err
	}
	if q.Limit < 1 || q.Limit > mostListed {
		return usageError(fs, "-n %d: want 1 to %d", q.Limit, mostListed)
	}
	q.Text = strings.Join(fs.Args(), " ")
	if *spans {
		return lsSpans(ctx, a, &r, q)
	}
	list, err := r.client().Traces(ctx, q)
	if err != nil {
		return r.explain(err)
	}
	if r.json {
		return printJSON(a, list)
	}
	if len(list.Items) == 0 {
		return r.nothing(a, q, "traces")
	}
	table := terminal.NewTable(traceColumns...)
	for _, t := range list.Items {
		table.Row(t.TraceID, t.StartTime.Local().Format(time.DateTime), terminal.Duration(t.DurationNS),
			strconv.Itoa(t.SpanCount), strconv.Itoa(t.ErrorCount),
			cmp.Or(terminal.Tokens(t.InputTokens, t.OutputTokens), "-"), cmp.Or(terminal.Cost(t.Cost), "-"),
			terminal.Cut(terminal.Printable(terminal.Some(t.Services, 3)), 60),
			terminal.Cut(terminal.Printable(t.Name), 60)+torn(t))
	}
	return cmp.Or(table.Write(a.stdout), more(a, list.NextCursor, len(list.Items)))
}

func lsSpans(ctx context.Context, a *app, r *remote, q client.Query) error {
	list, err := r.client().Spans(ctx, q)
	if err != nil {
		return r.explain(err)
	}
	if r.json {
		return printJSON(a, list)
	}
	if len(list.Items) == 0 {
		return r.nothing(a, q, "spans")
	}
	table := terminal.NewTable(spanColumns...)
	for _, s := range list.Items {
		duration := terminal.Duration(s.DurationNS)
		if s.Open {
			duration = "open"
		}
		table.Row(s.TraceID, s.SpanID, s.StartTime.Local().Format(time.DateTime), duration, s.Status, terminal.Cut(terminal.Printable(s.Type), 20),
			cmp.Or(terminal.Tokens(s.InputTokens, s.OutputTokens), "-"), cmp.Or(terminal.Cost(s.Cost), "-"),
			terminal.Cut(terminal.Printable(cmp.Or(s.Service, "-")), 40), terminal.Cut(terminal.Printable(s.Name), 60))
	}
	return cmp.Or(table.Write(a.stdout), more(a, list.NextCursor, len(list.Items)))
}

// nothing says that a list is empty, and whether that is because of what was asked for.
func (r *remote) nothing(a *app, q client.Query, what string) error {
	q.Limit = 0
	said := "no " + what + " match"
	if q == (client.Query{}) {
		said = "no " + what + " yet: OTEL_EXPORTER_OTLP_ENDPOINT=" + r.url + " in its environment lets a program send some; 'clew run -- COMMAND' sends one"
	}
	_, err := fmt.Fprintln(a.stderr, said)
	return err
}

// more says, where scripts don't look, that a list goes on.
func more(a *app, cursor string, shown int) error {
	if cursor == "" {
		return nil
	}
	_, err := fmt.Fprintf(a.stderr, "the first %d: there are more, see -n and QUERY\n", shown)
	return err
}

// torn marks a trace that doesn't hang together.
func torn(t client.TraceSummary) string {
	if t.RootCount == 1 && t.OrphanCount == 0 {
		return ""
	}
	return fmt.Sprintf("  (broken: %d roots, %d orphans)", t.RootCount, t.OrphanCount)
}

func timeFlag(fs *flag.FlagSet, name, help string, into *time.Time) {
	fs.Func(name, help, func(v string) error {
		if age, err := time.ParseDuration(v); err == nil {
			*into = time.Now().Add(-age)
			return nil
		}
		t, err := time.Parse(time.RFC3339, cmp.Or(v, "-"))
		if err != nil {
			return fmt.Errorf("%q: want a time as 2026-01-31T15:04:05Z, or an age as 90m", v)
		}
		*into = t
		return nil
	})
}
