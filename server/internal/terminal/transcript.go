package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/clewhq/clew/server/client"
)

// WriteTurns prints turns of a transcript for a terminal: who said what, tools with
// their results, what is nested indented. Lines are not wrapped; a terminal does.
// Text that a stranger sent can't move the cursor. The error is that of w.
func WriteTurns(w io.Writer, turns []client.Turn, color bool) error {
	p := &turnPrinter{paint: paint(color)}
	for _, t := range turns {
		p.turn(t)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

type turnPrinter struct {
	out   strings.Builder
	paint paint
}

func (p *turnPrinter) turn(t client.Turn) {
	margin := strings.Repeat("  ", t.Depth)
	facts := []string{durationText(&t.Span)}
	if tok := Tokens(t.Sum.InputTokens, t.Sum.OutputTokens); tok != "" {
		facts = append(facts, tok+" tokens")
	}
	if c := Cost(t.Sum.Cost); c != "" {
		facts = append(facts, c)
	}
	if t.FirstTokenNS != nil {
		facts = append(facts, "first token "+Duration(*t.FirstTokenNS))
	}
	name := t.Span.Name
	if t.Kind == "call" && t.Span.Model != "" {
		name = t.Span.Model
	} else if t.Kind != "call" && t.Sum.Calls > 0 {
		facts = append(facts, counted(t.Sum.Calls, "call"))
	}
	mark := ""
	if t.Span.Status == "error" {
		mark = p.paint.red(" ✗")
	}
	fmt.Fprintf(&p.out, "%s%s%s  %s\n", margin, p.paint.bold(Printable(name)), mark, p.paint.dim(strings.Join(facts, ", ")))
	margin += "  "
	if earlier := t.Given - len(t.Messages) - len(t.Folded); earlier > 0 {
		fmt.Fprintf(&p.out, "%s%s\n", margin, p.paint.dim("… "+counted(earlier, "earlier message")))
	}
	for _, m := range t.Messages {
		p.message(margin, m.Message, nil)
	}
	tools := t.Tools
	for _, m := range t.Answer {
		tools = p.message(margin, m, tools)
	}
	for _, u := range tools { // that no answer asked for
		p.tool(margin, u, u.Arguments)
	}
	if t.Error != nil {
		p.lines(margin, p.paint.red("error  "), strings.TrimSpace(t.Error.Type+" "+t.Error.Message))
	}
	p.out.WriteByte('\n')
}

// message prints m with what became of the tools that it asks for, and returns the other tools.
func (p *turnPrinter) message(margin string, m client.Message, tools []client.ToolUse) []client.ToolUse {
	who := p.paint.cyan(Printable(m.Role)) + "  "
	for _, part := range m.Parts {
		switch part.Type {
		case "text":
			p.lines(margin, who, part.Text)
		case "reasoning":
			p.lines(margin, who+p.paint.dim("thinks  "), part.Text)
		case "tool_call":
			if len(tools) == 0 {
				p.lines(margin, who, part.Name+" "+plain(part.Value))
				break
			}
			p.tool(margin, tools[0], part.Value)
			tools = tools[1:]
		case "media":
			p.lines(margin, who, strings.Join(strings.Fields("["+part.Modality+" "+part.MIMEType+" "+part.URL), " ")+"]")
		default:
			p.lines(margin, who, plain(part.Value))
		}
		if part.Cut > 0 {
			fmt.Fprintf(&p.out, "%s%s\n", margin, p.paint.dim(fmt.Sprintf("… %d more bytes", part.Cut)))
		}
	}
	return tools
}

func (p *turnPrinter) tool(margin string, u client.ToolUse, arguments any) {
	took := ""
	if u.Span != nil {
		took = "  " + p.paint.dim(durationText(u.Span))
	}
	asked := plain(arguments)
	if asked != "" {
		asked = Printable(asked)
	}
	fmt.Fprintf(&p.out, "%s%s %s%s\n", margin, p.paint.yellow("⚒ "+Printable(u.Name)), asked, took)
	switch {
	case u.From != "":
		arrow := "→ "
		if u.Failed {
			arrow = p.paint.red("✗ ")
		}
		p.lines(margin+"  ", arrow, plain(u.Result))
	case u.Span != nil && u.Span.StatusMessage != "":
		p.lines(margin+"  ", p.paint.red("✗ "), u.Span.StatusMessage)
	}
}

// lines prints a text line by line, the first after who.
func (p *turnPrinter) lines(margin, who, text string) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		fmt.Fprintf(&p.out, "%s%s%s\n", margin, who, Printable(strings.TrimRight(line, "\r\n")))
		who = ""
	}
}

// plain returns a value on one line: text as it is, all else as JSON.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if v == nil {
		return ""
	}
	b, _ := json.Marshal(v) // of decoded JSON: never fails
	return string(b)
}
