package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

const (
	defaultLimit = 50
	maxLimit     = 500
	maxText      = 4096 // bytes of one parameter
)

// The times that 64 bits of nanoseconds can hold, in whole seconds.
var (
	minTime = time.Unix(-1<<63/int64(time.Second)+1, 0)
	maxTime = time.Unix((1<<63-1)/int64(time.Second)-1, 0)
)

// params reads the parameters of one request. Each method reads one parameter,
// returns its zero value when it is absent, and remembers the first mistake;
// done returns it, or complains about parameters that no method asked for. So a
// handler reads all it knows, then asks once whether all was well.
type params struct {
	path  func(name string) string
	query url.Values
	known []string
	err   *failure
}

func newParams(r *http.Request) *params {
	p := &params{path: r.PathValue}
	var err error
	if p.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		p.fail("", "the query of the URL is malformed: %v", err)
	}
	return p
}

func (p *params) fail(field, format string, args ...any) {
	if p.err == nil {
		p.err = invalid(field, format, args...)
	}
}

// done returns the first mistake as a *failure, nil when there is none.
func (p *params) done() error {
	if p.err != nil {
		return p.err
	}
	for _, name := range slices.Sorted(maps.Keys(p.query)) {
		if !slices.Contains(p.known, name) {
			known := "this endpoint takes none"
			if len(p.known) > 0 {
				known = "known here: " + strings.Join(p.known, ", ")
			}
			return invalid(printable(name), "unknown parameter %.80q; %s", name, known)
		}
	}
	return nil
}

// printable returns what of a stranger's parameter name may stand in an answer.
func printable(name string) string {
	if len(name) > 80 || !utf8.ValidString(name) {
		return ""
	}
	return name
}

// text reads a string as it is.
func (p *params) text(name string) string {
	p.known = append(p.known, name)
	values := p.query[name]
	switch {
	case len(values) == 0:
		return ""
	case len(values) > 1:
		p.fail(name, "%s is given %d times; give it once", name, len(values))
	case len(values[0]) > maxText:
		p.fail(name, "%s is longer than %d bytes", name, maxText)
	case !utf8.ValidString(values[0]):
		p.fail(name, "%s is not UTF-8", name)
	}
	return values[0]
}

// oneOf reads a string that must be one of options when it is given.
func (p *params) oneOf(name string, options ...string) string {
	s := p.text(name)
	if s != "" && !slices.Contains(options, s) {
		p.fail(name, "%s is %.80q; want one of %s", name, s, strings.Join(options, ", "))
	}
	return s
}

// number reads a decimal integer between lo and hi.
func (p *params) number(name string, absent, lo, hi int) int {
	s := p.text(name)
	if s == "" {
		return absent
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < lo || n > hi {
		p.fail(name, "%s is %.80q; want a whole number from %d to %d", name, s, lo, hi)
		return absent
	}
	return n
}

// flag reads a switch: 1 or true, 0 or false.
func (p *params) flag(name string) bool {
	switch p.oneOf(name, "1", "true", "0", "false") {
	case "1", "true":
		return true
	}
	return false
}

// time reads RFC 3339 with or without a fraction, in any zone.
func (p *params) time(name string) trace.Time {
	s := p.text(name)
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		p.fail(name, "%s is %.80q; want RFC 3339, such as 2026-11-21T03:50:00Z", name, s)
		return 0
	}
	if t.Before(minTime) || t.After(maxTime) {
		p.fail(name, "%s is %.80q; want a year from %d to %d", name, s, minTime.Year()+1, maxTime.Year()-1)
		return 0
	}
	return trace.Time(t.UnixNano())
}

// span reads from and to.
func (p *params) span() (from, to trace.Time) {
	from, to = p.time("from"), p.time("to")
	if from != 0 && to != 0 && to <= from {
		p.fail("to", "to is not after from")
	}
	return from, to
}

// filter reads every field of a query.Filter.
func (p *params) filter() query.Filter {
	f, _ := p.listFilter("")
	return f
}

// list reads a filter and a page of a list, which the query may put in an order.
func (p *params) list(of query.List) (query.Filter, query.Page) {
	f, sort := p.listFilter(of)
	return f, p.page(sort)
}

func (p *params) listFilter(of query.List) (query.Filter, query.Sort) {
	f := query.Filter{
		Service: p.text("service"), Name: p.text("name"), Session: p.text("session"), User: p.text("user"), Type: p.text("type"),
		Status: p.oneOf("status", "unset", "ok", "error"),
	}
	var sort query.Sort
	f.Where, sort = p.where(of)
	f.From, f.To = p.span()
	return f, sort
}

// where reads q, a query in the language of package query.
func (p *params) where(of query.List) (query.Expr, query.Sort) {
	e, sort, err := query.ParseList(p.text("q"), time.Now(), of)
	if err != nil {
		p.fail("q", "q, %v", err)
	}
	return e, sort
}

// page reads limit and cursor.
func (p *params) page(sort query.Sort) query.Page {
	return query.Page{Limit: p.limit(), Cursor: p.text("cursor"), Sort: sort}
}

func (p *params) limit() int { return p.number("limit", defaultLimit, 1, maxLimit) }

// traceID reads {trace_id} of the path.
func (p *params) traceID() trace.TraceID {
	id, err := trace.ParseTraceID(p.path("trace_id"))
	if err != nil {
		p.fail("trace_id", "%v", err)
	}
	return id
}

// spanID reads {span_id} of the path.
func (p *params) spanID() trace.SpanID {
	id, err := trace.ParseSpanID(p.path("span_id"))
	if err != nil {
		p.fail("span_id", "%v", err)
	}
	return id
}

// oneSpan reads the id of a span, zero when it is absent.
func (p *params) oneSpan(name string) trace.SpanID {
	s := p.text(name)
	if s == "" {
		return trace.SpanID{}
	}
	id, err := trace.ParseSpanID(s)
	if err != nil {
		p.fail(name, "%s: %v", name, err)
	}
	return id
}

// sessionID reads {session_id} of the path.
func (p *params) sessionID() string {
	id := p.path("session_id")
	if !utf8.ValidString(id) {
		p.fail("session_id", "the session id is not UTF-8")
	}
	return id
}
