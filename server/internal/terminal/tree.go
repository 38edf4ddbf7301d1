package terminal

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/trace"
)

// WriteTree draws a trace for a terminal: a line about the whole, the spans as a
// tree with their place on the time line, and what is broken. Lines are width
// characters wide, or 100 when width is less than 40; names that don't fit are
// cut. With color it uses ANSI escapes. Text that a stranger sent can't move the
// cursor: what is not printable is replaced. The error is that of w.
func WriteTree(w io.Writer, o client.Outline, width int, color bool) error {
	if width < 40 {
		width = 100
	}
	p := &treePrinter{paint: paint(color), width: width}
	p.summary(o.Trace)
	p.tree(o)
	p.breaks(o)
	_, err := io.WriteString(w, p.out.String())
	return err
}

type treePrinter struct {
	out   strings.Builder
	paint paint
	width int
}

func (p *treePrinter) printf(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

func (p *treePrinter) summary(t client.TraceSummary) {
	p.printf("%s  %s\n", p.paint.bold(Printable(t.Name)), t.TraceID)
	parts := []string{
		counted(len(t.Services), "service"), counted(t.SpanCount, "span"), Duration(t.DurationNS),
	}
	if t.ErrorCount > 0 {
		parts = append(parts, p.paint.red(counted(t.ErrorCount, "error")))
	}
	if tok := Tokens(t.InputTokens, t.OutputTokens); tok != "" {
		parts = append(parts, tok+" tokens")
	}
	if c := Cost(t.Cost); c != "" {
		parts = append(parts, c)
	}
	if t.SessionID != "" {
		parts = append(parts, "session "+Printable(t.SessionID))
	}
	if t.UserID != "" {
		parts = append(parts, "user "+Printable(t.UserID))
	}
	p.printf("%s\n\n", strings.Join(parts, ", "))
}

const neverReceived = " was never received"

// treeRow is one line of the tree.
type treeRow struct {
	span   *client.SpanOutline // nil for one that was never received
	branch string              // the lines that lead to it
	name   string
}

func (p *treePrinter) tree(o client.Outline) {
	rows := treeRows(o, max(12, p.width*45/100-14))
	if len(rows) == 0 {
		return
	}
	var nameW, serviceW, typeW, tokenW, durationW int
	for _, r := range rows {
		nameW = max(nameW, runes(r.branch)+runes(r.name)+2)
		if s := r.span; s != nil {
			serviceW = max(serviceW, runes(Printable(s.Service)))
			typeW = max(typeW, runes(typeText(s)))
			tokenW = max(tokenW, runes(Tokens(s.InputTokens, s.OutputTokens)))
			durationW = max(durationW, runes(durationText(s)))
		}
	}
	nameW, serviceW = min(nameW, p.width*45/100), min(serviceW, 20)
	barW := max(8, min(40, p.width-nameW-serviceW-typeW-tokenW-durationW-5))
	from, length := o.Trace.StartTime.Time, max(1, o.Trace.DurationNS)
	for _, r := range rows {
		s := r.span
		if s == nil {
			name := Cut(r.name, max(4, p.width-runes(r.branch)-runes(neverReceived)))
			p.printf("%s\n", p.paint.dim(r.branch+name+neverReceived))
			continue
		}
		name, mark := Cut(r.name, max(4, nameW-runes(r.branch)-2)), ""
		used := runes(r.branch) + runes(name)
		if s.Status == "error" {
			name, mark = p.paint.red(name), p.paint.red(" ✗")
			used += 2
		}
		line := p.paint.dim(r.branch) + name + mark + strings.Repeat(" ", max(0, nameW-used))
		line += " " + p.paint.dim(pad(Cut(Printable(s.Service), serviceW), serviceW))
		if typeW > 0 {
			line += " " + p.paint.cyan(pad(typeText(s), typeW))
		}
		line += " " + bar(s, from, length, barW)
		if tokenW > 0 {
			line += " " + pad(Tokens(s.InputTokens, s.OutputTokens), tokenW)
		}
		line += " " + strings.Repeat(" ", durationW-runes(durationText(s))) + durationText(s)
		p.printf("%s\n", strings.TrimRight(line, " "))
	}
}

// treeRows puts the spans in their places, as the server's own tree does. Of a
// branch wider than most characters the end is kept.
func treeRows(o client.Outline, most int) []treeRow {
	spans := o.Spans
	bySpan := make(map[*trace.Span]*client.SpanOutline, len(spans))
	domain := make([]*trace.Span, len(spans))
	for i := range spans {
		s := &spans[i]
		d := &trace.Span{Name: s.Name, Start: trace.Time(s.StartTime.UnixNano())}
		d.ID, _ = trace.ParseSpanID(s.SpanID)
		d.ParentID, _ = trace.ParseSpanID(s.ParentSpanID) // "" is no parent
		_ = d.Kind.UnmarshalText([]byte(s.Kind))          // never fails
		if !s.Open {
			d.End = trace.Time(s.EndTime.UnixNano())
		}
		d.Service = s.Service
		domain[i], bySpan[d] = d, s
	}
	placeholders := make([]trace.Placeholder, len(o.Placeholders))
	for i, p := range o.Placeholders {
		placeholders[i].ID, _ = trace.ParseSpanID(p.SpanID)
		placeholders[i].ParentID, _ = trace.ParseSpanID(p.ParentSpanID)
		placeholders[i].Name = p.Name
	}
	var rows []treeRow
	var stems []string // for each depth, what the children of the node there begin their line with
	type item struct {
		n     *trace.Node
		depth int
		last  bool
	}
	var stack []item
	push := func(nodes []*trace.Node, depth int) {
		for i, n := range slices.Backward(nodes) {
			stack = append(stack, item{n, depth, i == len(nodes)-1})
		}
	}
	push(trace.Tree(domain, placeholders...), 0)
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		stems = stems[:it.depth]
		var row treeRow
		stem := ""
		if it.depth > 0 {
			above, fork, below := stems[it.depth-1], "├─ ", "│  "
			if it.last {
				fork, below = "└─ ", "   "
			}
			row.branch, stem = deep(above+fork, most), deep(above+below, most)
		}
		stems = append(stems, stem)
		if it.n.Span == nil {
			row.name = "? " + Printable(cmp.Or(it.n.Name, it.n.Missing.String()))
		} else {
			row.span = bySpan[it.n.Span]
			row.name = Printable(row.span.Name)
		}
		rows = append(rows, row)
		push(it.n.Children, it.depth+1)
	}
	return rows
}

// deep keeps the end of a branch that is wider than most characters.
func deep(branch string, most int) string {
	if n := runes(branch); n > most {
		return "… " + string([]rune(branch)[n-most+2:])
	}
	return branch
}

func (p *treePrinter) breaks(o client.Outline) {
	p.printf("\n")
	if len(o.Breaks) == 0 {
		if o.Trace.RootCount == 1 && o.Trace.OrphanCount == 0 {
			p.printf("%s one root, no orphans, no breaks\n", p.paint.green("✓ The trace is whole:"))
		}
		return
	}
	for i, b := range o.Breaks {
		if i > 0 {
			p.printf("\n")
		}
		p.printf("%s %s  %s\n", p.paint.red("✗"), p.paint.bold(b.Kind), p.paint.bold(Printable(b.Place)))
		label := "proof"
		for _, proof := range b.Proof {
			p.labelled(label, proof)
			label = ""
		}
		p.labelled("cause", b.Cause)
		p.labelled("fix", b.Fix)
	}
}

// labelled prints a text in lines under one another, after a label.
func (p *treePrinter) labelled(label, text string) {
	const indent = 9
	label = "  " + pad(label, indent-2)
	line := ""
	for _, word := range strings.Fields(Printable(text)) {
		switch {
		case line == "":
			line = word
		case runes(line)+1+runes(word) > p.width-indent:
			p.printf("%s%s\n", p.paint.dim(label), line)
			label, line = strings.Repeat(" ", indent), word
		default:
			line += " " + word
		}
	}
	p.printf("%s%s\n", p.paint.dim(label), line)
}

// bar draws when a span was active, on a line that is the whole trace. An open
// span has no end.
func bar(s *client.SpanOutline, from time.Time, length int64, width int) string {
	at := func(t time.Time) int {
		share := float64(t.Sub(from)) / float64(length)
		return max(0, min(width-1, int(share*float64(width))))
	}
	begin := at(s.StartTime.Time)
	if s.Open {
		return strings.Repeat("·", begin) + "▶" + strings.Repeat("·", width-begin-1)
	}
	end := max(begin, at(s.EndTime.Add(-1)))
	return strings.Repeat("·", begin) + strings.Repeat("━", end-begin+1) + strings.Repeat("·", width-end-1)
}

func typeText(s *client.SpanOutline) string {
	if s.Type == "DEFAULT" {
		return ""
	}
	return Cut(Printable(s.Type), 15)
}

func durationText(s *client.SpanOutline) string {
	if s.Open {
		return "open"
	}
	return Duration(s.DurationNS)
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-runes(s))) }

// paint adds ANSI escapes, or nothing when false.
type paint bool

func (p paint) in(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p paint) bold(s string) string   { return p.in("1", s) }
func (p paint) dim(s string) string    { return p.in("2", s) }
func (p paint) red(s string) string    { return p.in("31", s) }
func (p paint) green(s string) string  { return p.in("32", s) }
func (p paint) yellow(s string) string { return p.in("33", s) }
func (p paint) cyan(s string) string   { return p.in("36", s) }
