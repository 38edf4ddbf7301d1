package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/terminal"
)

// stats shows what spans add up to, a row a group and, when asked, a bucket.
func stats(ctx context.Context, a *app, args []string) error {
	fs := a.flags("stats")
	var r remote
	r.register(fs, a)
	var q client.Query
	var g client.Grouping
	fs.StringVar(&g.By, "by", "", "group by this `field`: service, provider, model, name, type, status, session or user")
	fs.StringVar(&g.Sort, "sort", "", "rank groups by spans, errors, duration, tokens or cost")
	fs.IntVar(&g.Top, "n", 20, "name at most this `many` groups")
	fs.DurationVar(&g.Width, "width", 0, "a row for each `duration`, such as 1h")
	timeFlag(fs, "from", "spans that started at this `time` or later: RFC 3339, or an age such as 90m or 36h", &q.From)
	timeFlag(fs, "to", "… before this `time`", &q.To)
	if err := parse(fs, args); err != nil {
		return err
	}
	q.Text = strings.Join(fs.Args(), " ")
	table, err := r.client().Aggregate(ctx, q, g)
	if err != nil {
		return r.explain(err)
	}
	if r.json {
		return printJSON(a, table)
	}
	if len(table.Groups) == 0 {
		_, err := fmt.Fprintln(a.stderr, "no spans")
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	header, group := "SPANS\tERRORS\tP50\tP95\tP99\tTOKENS\tCOST\tUNPRICED", strings.ToUpper(g.By)
	if g.Width != 0 {
		header = "TIME\t" + header
	}
	_, _ = fmt.Fprintln(w, strings.TrimSuffix(header+"\t"+group, "\t"))
	for _, gr := range table.Groups {
		name := cmp.Or(gr.Value, "-")
		switch {
		case g.By == "":
			name = ""
		case gr.Others > 0:
			name = fmt.Sprintf("(%d others)", gr.Others)
		}
		name = terminal.Cut(terminal.Printable(cmp.Or(name, " ")), 60)
		if g.Width == 0 {
			statsRow(w, "", gr.Total, name)
			continue
		}
		for i, at := range table.Buckets {
			statsRow(w, at.Local().Format(time.DateTime)+"\t", bucketOf(gr.Series, i), name)
		}
	}
	return w.Flush()
}

// bucketOf is a bucket of a series, as far as a row shows it.
func bucketOf(s client.Series, i int) client.Measures {
	return client.Measures{
		SpanCount: s.SpanCount[i], ErrorCount: s.ErrorCount[i], CallCount: s.CallCount[i], UnpricedCount: s.UnpricedCount[i],
		P50NS: s.P50NS[i], P95NS: s.P95NS[i], P99NS: s.P99NS[i],
		InputTokens: s.InputTokens[i], OutputTokens: s.OutputTokens[i], Cost: s.Cost[i],
	}
}

func statsRow(w io.Writer, before string, m client.Measures, name string) {
	duration := func(ns *int64) string {
		if ns == nil {
			return "-"
		}
		return terminal.Duration(*ns)
	}
	unpriced := "-"
	if m.CallCount > 0 {
		unpriced = fmt.Sprintf("%d/%d", m.UnpricedCount, m.CallCount)
	}
	_, _ = fmt.Fprintf(w, "%s%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", before, m.SpanCount, m.ErrorCount,
		duration(m.P50NS), duration(m.P95NS), duration(m.P99NS),
		cmp.Or(terminal.Tokens(m.InputTokens, m.OutputTokens), "-"), cmp.Or(terminal.Cost(m.Cost), "-"), unpriced, name)
}
