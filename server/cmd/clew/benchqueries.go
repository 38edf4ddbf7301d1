package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/load"
)

// standardQuery is a kind of query; ask asks it about a trace that was sent.
type standardQuery struct {
	name string
	ask  func(ctx context.Context, c *client.Client, l load.Config, trace int) error
}

// standardQueries is THE TABLE of what --queries asks.
var standardQueries = []standardQuery{
	{"trace by id", func(ctx context.Context, c *client.Client, l load.Config, trace int) error {
		_, err := c.Trace(ctx, traceID(l.Seed, trace))
		return err
	}},
	{"list of 50", listing(func(load.Config, int) client.Query { return client.Query{} })},
	{"session", func(ctx context.Context, c *client.Client, _ load.Config, trace int) error {
		_, err := c.Session(ctx, load.Session(trace), client.Query{})
		return err
	}},
	{"service and session", listing(func(_ load.Config, trace int) client.Query {
		return client.Query{Service: service(trace), Session: load.Session(trace)}
	})},
	{"service and error", listing(func(_ load.Config, trace int) client.Query {
		return client.Query{Service: service(trace), Status: "error"}
	})},
	{"failed roots of a service", listing(func(_ load.Config, trace int) client.Query {
		return client.Query{Service: service(trace), Status: "error", Text: "root:true"}
	})},
	{"failed roots within an hour", listing(func(l load.Config, trace int) client.Query {
		from := l.Begin(trace).Add(-30 * time.Minute)
		return client.Query{Service: service(trace), Status: "error", Text: "root:true", From: from, To: from.Add(time.Hour)}
	})},
	{"attribute", listing(func(_ load.Config, trace int) client.Query {
		return client.Query{Text: "@" + load.FlagAttribute + ":" + load.Flag(trace)}
	})},
	{"attribute and service", listing(func(_ load.Config, trace int) client.Query {
		return client.Query{Service: service(trace), Text: "@" + load.PromptAttribute + ":" + load.Prompt(trace/5)}
	})},
	{"rare word", listing(func(load.Config, int) client.Query { return client.Query{Text: load.RareWord} })},
	{"common word", listing(func(_ load.Config, trace int) client.Query {
		return client.Query{Text: word(trace)}
	})},
	{"two common words in one span", listing(func(_ load.Config, trace int) client.Query {
		return client.Query{Text: word(trace) + " " + word(trace+1)}
	})},
	{"count by hour and model", func(ctx context.Context, c *client.Client, l load.Config, _ int) error {
		from := time.Now().Add(-mostHours * time.Hour)
		if l.Start.After(from) {
			from = l.Start
		}
		_, err := c.Aggregate(ctx, client.Query{From: from.Truncate(time.Hour)}, client.Grouping{By: "model", Width: time.Hour})
		return err
	}},
}

// mostHours bounds how far back the hours go that are counted: the API answers
// 2,500, and some traces go on for days.
const mostHours = 2000

func service(trace int) string { return load.Services[trace%len(load.Services)] }

func word(n int) string { return load.CommonWords[n%len(load.CommonWords)] }

// listing asks for the first 50 traces of a query.
func listing(q func(l load.Config, trace int) client.Query) func(context.Context, *client.Client, load.Config, int) error {
	return func(ctx context.Context, c *client.Client, l load.Config, trace int) error {
		query := q(l, trace)
		query.Limit = 50
		_, err := c.Traces(ctx, query)
		return err
	}
}

// questions asks the standard queries about traces that were sent.
type questions struct {
	client *client.Client
	wire   *stopwatch // of client
	load   load.Config
	times  int   // that each is asked
	traces []int // by number
	rng    *rand.Rand
}

func (b *benchmark) newQuestions(sent *delivery) *questions {
	c := *b.client
	wire := &stopwatch{next: c.HTTP.Transport}
	c.HTTP = &http.Client{Transport: wire}
	return &questions{&c, wire, b.load, b.queries, slices.Sorted(maps.Keys(sent.traces)), rand.New(rand.NewPCG(b.load.Seed, 3))}
}

// stopwatch takes the time of the last answer until all of it was there, which
// leaves out what a client makes of it.
type stopwatch struct {
	next http.RoundTripper
	took time.Duration
}

// RoundTrip reads the whole answer before it returns it.
func (w *stopwatch) RoundTrip(req *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	w.took = time.Since(began)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// alone asks each kind again and again, one after the other.
func (q *questions) alone(ctx context.Context) (map[string]quantiles, error) {
	took := map[string][]time.Duration{}
	for _, s := range standardQueries {
		for range q.times {
			if err := q.ask(ctx, s, took); err != nil {
				return nil, err
			}
		}
	}
	return quantilesByName(took), nil
}

// inTurns asks all kinds in turns, so that each finds the server's caches as the
// others left them.
func (q *questions) inTurns(ctx context.Context) (map[string]quantiles, error) {
	took := map[string][]time.Duration{}
	for range q.times {
		for _, s := range standardQueries {
			if err := q.ask(ctx, s, took); err != nil {
				return nil, err
			}
		}
	}
	return quantilesByName(took), nil
}

// ask asks a query about any trace and adds what that took.
func (q *questions) ask(ctx context.Context, s standardQuery, took map[string][]time.Duration) error {
	trace := q.traces[q.rng.IntN(len(q.traces))]
	if err := s.ask(ctx, q.client, q.load, trace); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	took[s.name] = append(took[s.name], q.wire.took)
	return nil
}
