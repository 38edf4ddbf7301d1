package terminal

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clewhq/clew/server/client"
)

// decodedIndent is where the texts after the labels begin.
const decodedIndent = 12

// WriteDecoded tells what span contexts were found in text, with a caret under
// each character that is wrong. server is the URL that links begin with. Width,
// color and what is not printable are treated as in WriteTree.
func WriteDecoded(w io.Writer, text string, d client.Decoded, server string, width int, color bool) error {
	if width < 40 {
		width = 100
	}
	p := &decodedPrinter{treePrinter: treePrinter{paint: paint(color), width: width}, text: text, server: strings.TrimSuffix(server, "/")}
	for i, c := range d.Contexts {
		if i > 0 {
			p.printf("\n")
		}
		p.context(c, i, len(d.Contexts) > 1)
	}
	if len(d.Contexts) == 0 {
		p.printf("No span context found.\n")
	}
	for i, x := range d.Disagreements {
		if i == 0 {
			p.printf("\n")
		}
		label := "differ"
		if len(x.Contexts) == 2 {
			label = fmt.Sprintf("%d ≠ %d", x.Contexts[0]+1, x.Contexts[1]+1)
		}
		p.line(label, x.Message)
	}
	if d.More {
		p.printf("\nThere is more in the text than is told here.\n")
	}
	if !d.Store.Asked && slices.ContainsFunc(d.Contexts, func(c client.DecodedContext) bool { return c.TraceID != nil }) {
		p.printf("\n")
		p.line("store", "not asked: "+d.Store.Reason)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

type decodedPrinter struct {
	treePrinter
	text, server string
}

func (p *decodedPrinter) context(c client.DecodedContext, index int, numbered bool) {
	if numbered {
		p.printf("%s ", p.paint.dim(strconv.Itoa(index+1)))
	}
	mark := p.paint.green("✓")
	switch {
	case !c.Valid:
		mark = p.paint.red("✗")
	case len(c.Problems) > 0:
		mark = p.paint.yellow("!")
	}
	format := c.Format
	if format == "" {
		format = "unknown format"
	}
	p.printf("%s %s", mark, p.paint.bold(Printable(format)))
	var where []string
	for _, f := range c.Fields {
		name := f.Name
		if name == "" {
			name = "text"
		}
		where = append(where, fmt.Sprintf("%s at %s", Printable(name), place(f.At)))
		if len(f.Encodings) > 0 {
			where[len(where)-1] += " (" + strings.ReplaceAll(strings.Join(f.Encodings, ", then "), "_", " ") + ")"
		}
	}
	if c.Times > 1 {
		where = append(where, fmt.Sprintf("%d times", c.Times))
	}
	p.printf("  %s\n", p.paint.dim(Cut(strings.Join(where, ", "), max(20, p.width-len(format)-6))))
	for _, problem := range c.Problems {
		p.problem(problem)
	}
	if id := c.TraceID; id != nil {
		p.line("trace", id.Hex)
		p.line("", fmt.Sprintf("UUID %s, low 64 bits %s (B3 %s), X-Ray %s", id.UUID, id.Decimal, id.B3, id.XRay))
	}
	if id := c.SpanID; id != nil {
		p.line("span", id.Hex)
		p.line("", fmt.Sprintf("UUID %s, decimal %s", id.UUID, id.Decimal))
	}
	p.some("flags", strings.ReplaceAll(strings.Join(c.Flags, ", "), "_", " "))
	p.some("tracestate", c.TraceState)
	p.some("path", strings.Join(c.Path, " → "))
	p.some("session", c.SessionID)
	p.some("user", c.UserID)
	label := "metadata"
	for _, key := range slices.Sorted(maps.Keys(c.Metadata)) {
		p.line(label, fmt.Sprintf("%s = %v", key, c.Metadata[key]))
		label = ""
	}
	label = "baggage"
	for _, b := range c.Baggage {
		p.line(label, b.Key+" = "+b.Value)
		label = ""
	}
	p.some("trace type", c.TraceType)
	p.some("level", c.TracingLevel)
	p.line("receiver", c.Explanation)
	p.stored(c.Stored)
}

// stored tells what the store has.
func (p *decodedPrinter) stored(s *client.StoredContext) {
	switch {
	case s == nil:
		return
	case s.Trace == nil:
		p.line("store", "no span of this trace was received")
	default:
		p.line("store", fmt.Sprintf("trace %s: %s, %s, %s", quoted(s.Trace.Name), counted(s.Trace.SpanCount, "span"), counted(s.Trace.ErrorCount, "error"), strings.Join(s.Trace.Services, ", ")))
		if len(s.Spans) == 0 {
			p.line("", "the span itself was not received: its sender does not send here, did not sample it, or has not sent it yet")
		}
		for _, span := range s.Spans {
			state := span.Status
			if span.Open {
				state = "open"
			}
			p.line("", fmt.Sprintf("span %s of %s, %s", quoted(span.Name), span.Service, state))
		}
		p.printf("%s%s\n", strings.Repeat(" ", decodedIndent), p.paint.cyan(Printable(p.server+s.Link)))
	}
	for _, id := range s.Sharing {
		p.line("", "another trace has the same low 64 bits: "+id)
	}
}

func quoted(name string) string { return "“" + Printable(name) + "”" }

func place(at client.TextPosition) string { return fmt.Sprintf("%d:%d", at.Line, at.Column) }

func (p *decodedPrinter) some(label, text string) {
	if text != "" {
		p.line(label, text)
	}
}

// line prints a text in lines under one another, after a label. A word that is longer than a line is cut into several.
func (p *decodedPrinter) line(label, text string) {
	label = "  " + pad(label, decodedIndent-2)
	most := p.width - decodedIndent
	line := ""
	flush := func() {
		p.printf("%s%s\n", p.paint.dim(label), line)
		label, line = strings.Repeat(" ", decodedIndent), ""
	}
	for _, word := range strings.Fields(Printable(text)) {
		if line != "" && runes(line)+1+runes(word) > most {
			flush()
		}
		if line != "" {
			line += " "
		}
		for line += word; runes(line) > most; {
			all := []rune(line)
			line = string(all[:most])
			flush()
			line = string(all[most:])
		}
	}
	flush()
}

// problem prints what is wrong, and the line of the text with a caret under the place.
func (p *decodedPrinter) problem(x client.DecodeProblem) {
	message := x.Message
	if x.Field != "" {
		message = x.Field + " is left out: " + message
	}
	if x.At == nil {
		p.line("wrong", message)
		return
	}
	p.line("wrong", message+" ("+place(*x.At)+")")
	offset := max(0, min(x.At.Offset, len(p.text)))
	from := strings.LastIndexByte(p.text[:offset], '\n') + 1
	to := len(p.text)
	if n := strings.IndexByte(p.text[offset:], '\n'); n >= 0 {
		to = offset + n
	}
	before, after := visible(p.text[from:offset]), visible(strings.TrimRight(p.text[offset:to], "\r"))
	// Of a long line the part around the place is shown.
	most := p.width - decodedIndent - 2
	if keep := max(most*2/3, most-len(after)); len(before) > keep {
		before = append([]rune("…"), before[len(before)-keep+1:]...)
	}
	if keep := most - len(before); len(after) > keep {
		after = append(after[:max(0, keep-1)], '…')
	}
	indent := strings.Repeat(" ", decodedIndent)
	p.printf("%s%s%s\n", indent, string(before), string(after))
	p.printf("%s%s%s\n", indent, strings.Repeat(" ", len(before)), p.paint.red("^"))
}

// visible is Printable for a part of a line, which may be nothing.
func visible(s string) []rune {
	if s == "" {
		return nil
	}
	return []rune(Printable(strings.ReplaceAll(s, "\t", " ")))
}
