package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/terminal"
)

// quantiles are milliseconds.
type quantiles struct {
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func quantilesOf(took []time.Duration) quantiles {
	if len(took) == 0 {
		return quantiles{}
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
	}
	return quantiles{at(.5), at(.9), at(.99), at(1)}
}

func quantilesByName(took map[string][]time.Duration) map[string]quantiles {
	out := make(map[string]quantiles, len(took))
	for name, t := range took {
		out[name] = quantilesOf(t)
	}
	return out
}

func (q quantiles) String() string {
	return fmt.Sprintf("p50 %.1f, p90 %.1f, p99 %.1f, max %.1f ms", q.P50, q.P90, q.P99, q.Max)
}

// benchReport is what a run measured; the fields are the JSON of --json.
type benchReport struct {
	Seed    uint64    `json:"seed"`
	Spans   int       `json:"spans"` // acknowledged
	Bytes   int64     `json:"bytes"` // of their requests
	Seconds float64   `json:"seconds"`
	Rate    float64   `json:"spans_per_second"`
	Request quantiles `json:"request"`
	Refused int       `json:"requests_refused"` // and sent again

	ReadableSeconds float64 `json:"readable_seconds"` // from the last answer until its spans can be read
	ClientCPU       float64 `json:"client_cpu_seconds"`
	ServerCPU       float64 `json:"server_cpu_seconds"`         // until acknowledged
	SettledCPU      float64 `json:"server_cpu_settled_seconds"` // until it had nothing left to do
	Settled         bool    `json:"settled"`
	Disk            int64   `json:"disk_bytes"`
	SettledDisk     int64   `json:"disk_settled_bytes"`
	RSS             int64   `json:"server_rss_bytes"`

	Verified bool `json:"verified"`
	Lost     int  `json:"spans_not_there_once"`

	Queries map[string]quantiles `json:"queries,omitempty"`          // each kind alone
	InTurns map[string]quantiles `json:"queries_in_turns,omitempty"` // one kind after the other
	Beside  *besideReport        `json:"beside,omitempty"`
}

// besideReport is what queries in turns took while spans arrived.
type besideReport struct {
	Wanted  int                  `json:"spans_per_second_wanted"`
	Rate    float64              `json:"spans_per_second"` // as acknowledged while queries were asked
	Seconds float64              `json:"seconds"`
	Spans   int                  `json:"spans"` // acknowledged, until the last that was on its way
	Request quantiles            `json:"request"`
	Refused int                  `json:"requests_refused"`
	Queries map[string]quantiles `json:"queries"`
	Ratios  map[string]float64   `json:"p99_by_in_turns"` // p99 of Queries by that in turns
}

// compare sets the ratios to queries in turns that nothing arrived beside.
func (r *besideReport) compare(inTurns map[string]quantiles) {
	r.Ratios = map[string]float64{}
	for name, took := range r.Queries {
		if p99 := inTurns[name].P99; p99 > 0 {
			r.Ratios[name] = took.P99 / p99
		}
	}
}

// acknowledged is how many spans were, in all.
func (r benchReport) acknowledged() int {
	if r.Beside == nil {
		return r.Spans
	}
	return r.Spans + r.Beside.Spans
}

func (r benchReport) print(out io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-22s %s\n", name, fmt.Sprintf(format, args...))
	}
	per := func(seconds float64) float64 { return seconds / float64(max(1, r.Spans)) * 1000 }
	line("seed", "%d", r.Seed)
	line("acknowledged", "%d spans, %s, in %.1f s", r.Spans, bytesText(r.Bytes), r.Seconds)
	line("rate", "%.0f spans/s, %.1f MiB/s", r.Rate, float64(r.Bytes)/(1<<20)/r.Seconds)
	line("request", "%s; %d refused and sent again", r.Request, r.Refused)
	line("readable", "%.3f s after the last answer", r.ReadableSeconds)
	line("CPU of this command", "%.3f ms a span", per(r.ClientCPU))
	if r.SettledCPU > 0 {
		line("CPU of the server", "%.3f ms a span until acknowledged, %.3f until settled", per(r.ServerCPU), per(r.SettledCPU))
	}
	if r.SettledDisk > 0 {
		line("disk", "%.0f bytes a span at the end of the load, %.0f settled", float64(r.Disk)/float64(r.Spans), float64(r.SettledDisk)/float64(r.Spans))
	}
	if r.RSS > 0 {
		line("memory of the server", "%s now", bytesText(r.RSS))
	}
	if !r.Settled {
		line("", "the server was not settled yet: raise --settle")
	}
	if r.Verified {
		line("read back", "%d acknowledged spans are not there exactly once", r.Lost)
	}
	if beside := r.Beside; beside != nil {
		line("beside queries", "%.0f spans/s for %.1f s, %d wanted", beside.Rate, beside.Seconds, beside.Wanted)
		line("request beside", "%s; %d refused and sent again", beside.Request, beside.Refused)
		if beside.Rate < 0.9*float64(beside.Wanted) {
			line("", "fewer than wanted: raise --queries or --connections, or the server takes no more")
		}
	}
	if len(r.Queries) > 0 {
		b.WriteString("\n")
		if err := r.queryTable().Write(&b); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// queryTable has a row for each standard query, in milliseconds.
func (r benchReport) queryTable() *terminal.Table {
	names := []string{"p50", "p90", "p99", "max"}
	if r.Beside != nil {
		names = []string{"alone p50", "p99", "in turns p50", "p99", "beside p50", "p99", "p99 ratio"}
	}
	columns := []terminal.Column{{Name: "query, ms"}}
	for _, name := range names {
		columns = append(columns, terminal.Column{Name: name, Right: true})
	}
	table := terminal.NewTable(columns...)
	for _, q := range standardQueries {
		alone, cells := r.Queries[q.name], []string{q.name}
		add := func(format string, values ...float64) {
			for _, v := range values {
				cells = append(cells, fmt.Sprintf(format, v))
			}
		}
		if r.Beside == nil {
			add("%.2f", alone.P50, alone.P90, alone.P99, alone.Max)
		} else {
			turns, beside := r.InTurns[q.name], r.Beside.Queries[q.name]
			add("%.2f", alone.P50, alone.P99, turns.P50, turns.P99, beside.P50, beside.P99)
			add("%.1f", r.Beside.Ratios[q.name])
		}
		table.Row(cells...)
	}
	return table
}

// measured is what a server says of itself; what it doesn't say is 0.
type measured struct {
	cpu       float64 // seconds
	rss, disk int64
	backlog   float64
}

// measure reads a server's metrics.
func measure(ctx context.Context, c *client.Client) (m measured, err error) {
	body, err := c.Metrics(ctx)
	if err != nil {
		return m, err
	}
	defer func() { _ = body.Close() }()
	for lines := bufio.NewScanner(body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			continue
		}
		switch name {
		case "process_cpu_seconds_total":
			m.cpu = v
		case "process_resident_memory_bytes":
			m.rss = int64(v)
		case "clew_store_bytes":
			m.disk = int64(v)
		case "clew_store_upkeep_traces":
			m.backlog = v
		}
	}
	return m, nil
}
