package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	out := terminal.NewTable(statsColumns(g)...)
	for _, gr := range table.Groups {
		var group []string
		if g.By != "" {
			group = []string{groupName(gr)}
		}
		if g.Width == 0 {
			out.Row(append(statsCells(gr.Total), group...)...)
			continue
		}
		for i, at := range table.Buckets {
			out.Row(slices.Concat([]string{at.Local().Format(time.DateTime)}, statsCells(bucketOf(gr.Series, i)), group)...)
		}
	}
	return out.Write(a.stdout)
}

func groupName(g client.Group) string {
	if g.Others > 0 {
		return fmt.Sprintf("(%d others)", g.Others)
	}
	return terminal.Cut(terminal.Printable(cmp.Or(g.Value, "-")), 60)
}

func statsColumns(g client.Grouping) (columns []terminal.Column) {
	if g.Width != 0 {
		columns = append(columns, terminal.Column{Name: "TIME"})
	}
	for _, name := range strings.Fields("SPANS ERRORS P50 P95 P99 TOKENS COST UNPRICED") {
		columns = append(columns, terminal.Column{Name: name, Right: true})
	}
	if g.By != "" {
		columns = append(columns, terminal.Column{Name: strings.ToUpper(g.By)})
	}
	return columns
}

// bucketOf is a bucket of a series, as far as a row shows it.
func bucketOf(s client.Series, i int) client.Measures {
	return client.Measures{
		SpanCount: s.SpanCount[i], ErrorCount: s.ErrorCount[i], CallCount: s.CallCount[i], UnpricedCount: s.UnpricedCount[i],
		P50NS: s.P50NS[i], P95NS: s.P95NS[i], P99NS: s.P99NS[i],
		InputTokens: s.InputTokens[i], OutputTokens: s.OutputTokens[i], Cost: s.Cost[i],
	}
}

func statsCells(m client.Measures) []string {
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
	return []string{
		strconv.FormatInt(m.SpanCount, 10), strconv.FormatInt(m.ErrorCount, 10), duration(m.P50NS), duration(m.P95NS), duration(m.P99NS),
		cmp.Or(terminal.Tokens(m.InputTokens, m.OutputTokens), "-"), cmp.Or(terminal.Cost(m.Cost), "-"), unpriced,
	}
}
