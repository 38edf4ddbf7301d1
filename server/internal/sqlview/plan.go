package sqlview

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite/vtab"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// push names something of a column that the store can look up. A plan finds all
// rows that match, and maybe others: SQLite compares again.
type push string

const (
	byTrace     push = "trace"
	bySession   push = "session"
	byUser      push = "user"
	byName      push = "name"
	byService   push = "service"
	byType      push = "type"
	byStatus    push = "status"
	byStart     push = "start"     // nanoseconds
	byStartText push = "starttext" // as startLayout
)

// pushed says what each is worth: the comparison that can be looked up, or any,
// and of how many rows one is left.
var pushed = map[push]struct {
	only   string
	factor float64
}{
	byTrace: {"=", 1e5}, bySession: {"=", 1e4}, byUser: {"=", 100}, byName: {"=", 10}, byService: {"=", 5}, byType: {"=", 5}, byStatus: {"=", 3},
	byStart: {"", 10}, byStartText: {"", 10},
}

// plan says which rows of a view are looked at.
type plan struct {
	view   *View
	used   uint64 // a bit for each column that the query reads
	none   bool
	trace  *trace.TraceID
	filter query.Filter
}

// newPlan reads what BestIndex wrote.
func newPlan(v *View, text string, args []vtab.Value) (p plan, err error) {
	parts := strings.Fields(text)
	if len(parts) != len(args)+1 {
		return p, fmt.Errorf("plan %q has %d arguments", text, len(args))
	}
	p.view = v
	if p.used, err = strconv.ParseUint(parts[0], 16, 64); err != nil {
		return p, err
	}
	for i, part := range parts[1:] {
		column := strings.TrimLeft(part, "<=>")
		if err := p.add(push(column), strings.TrimSuffix(part, column), args[i]); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *plan) add(what push, op string, arg vtab.Value) error {
	if arg == nil {
		p.none = true // nothing compares with NULL
		return nil
	}
	text, isText := arg.(string)
	switch what {
	case byStart:
		p.bound(op, arg)
	case byStartText:
		if !isText {
			return nil
		}
		if len(text) > 10 && text[10] == 'T' || strings.HasSuffix(text, "Z") {
			return errors.New("times are text such as '2026-11-21 10:00:00', as datetime() writes them, without T or Z: " + strconv.Quote(cut(text)) + " would compare wrongly")
		}
		for _, layout := range startLayouts {
			if t, err := time.Parse(layout, text); err == nil && t.Year() > 1677 && t.Year() < 2262 {
				p.bound(op, t.UnixNano())
				return nil
			}
		}
	case byTrace:
		id, err := trace.ParseTraceID(text)
		p.none = p.none || !isText || err != nil || p.trace != nil && *p.trace != id
		p.trace = &id
	default:
		if isText {
			p.exact(what, strings.Clone(text))
		}
	}
	return nil
}

// exact demands a field of the filter.
func (p *plan) exact(what push, text string) {
	f := &p.filter
	field := map[push]*string{bySession: &f.Session, byUser: &f.User, byName: &f.Name, byService: &f.Service, byType: &f.Type, byStatus: &f.Status}[what]
	if field == nil {
		return
	}
	p.none = p.none || *field != "" && *field != text
	*field = text
}

// bound narrows the range of time in which something must have begun.
func (p *plan) bound(op string, arg vtab.Value) {
	var low, high trace.Time
	switch v := arg.(type) {
	case int64:
		low, high = trace.Time(v), trace.Time(v)
	case float64:
		if !(math.Abs(v) < 1<<62) {
			return
		}
		low, high = trace.Time(math.Floor(v)), trace.Time(math.Ceil(v))
	default:
		return
	}
	if op != "<" && op != "<=" && (p.filter.From == 0 || low > p.filter.From) {
		p.filter.From = low
	}
	if op != ">" && op != ">=" && high < math.MaxInt64 && (p.filter.To == 0 || high+1 < p.filter.To) {
		p.filter.To = high + 1
	}
}

// cut shortens what is repeated in a message.
func cut(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// startLayout is how times are written, in UTC: so that they compare with what
// SQLite's datetime() returns.
const startLayout = "2006-01-02 15:04:05.000000000"

var startLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

func timeText(t trace.Time) string { return t.Std().Format(startLayout) }
