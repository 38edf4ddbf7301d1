package llmhttp

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/clewhq/clew/llm"
)

// draft is an answer that is being put together from the events of a stream.
type draft interface {
	// add takes one event. It reports whether the answer may go on.
	add(e event) bool

	// textOf returns where the text of a chunk goes that says nothing but that text, or nil. The draft has taken a chunk
	// before that differs from it in no more than the text.
	textOf(e event, text string) *strings.Builder

	// finish adds the answer to the call.
	finish() outcome
}

// recounter is a draft whose chunks tell counts beside their text, of which the last ones hold.
type recounter interface {
	// recount takes what a chunk says besides its text, which has been taken.
	recount(e event)
}

// concluder is a draft of streams at whose end an event repeats the whole answer.
type concluder interface {
	// conclude adds the answer to the call, if one of the events has it: the last maxTail or fewer.
	conclude(last []event) (outcome, bool)
}

// maxTail is how many events are looked at from the end for the one with the answer. Some servers send more after it.
const maxTail = 4

// readStream adds to c what the events of a stream say. It reads chunks that are like the template by it; without one it
// decodes each.
func readStream(p *provider, c *llm.Call, f *framing, body []byte, like *template) outcome {
	d := p.stream(c)
	if end, ok := d.(concluder); ok {
		if out, ok := end.conclude(f.last(body, maxTail)); ok {
			return out
		}
	}
	var taken event // the last one read by the template, if it came last
	settle := func() {
		like.settle()
		if r, ok := d.(recounter); ok && taken.data != nil {
			r.recount(taken)
		}
		taken = event{}
	}
	s := f.scanner()
	for more := true; more; {
		if n, last := like.run(body[s.where():]); n > 0 {
			s.skip(n)
			taken = last
		}
		e, ok := s.next(body)
		if !ok {
			if e, ok = s.rest(body); !ok {
				break
			}
			more = false
		}
		if like.take(e) {
			taken = e
			continue
		}
		settle()
		if !d.add(e) {
			break
		}
		like.learn(e, d.textOf)
	}
	settle()
	return d.finish()
}

// says reports whether an event holds something that the model generated.
func says(p *provider, e event) bool {
	var c llm.Call
	d := p.stream(&c)
	if end, ok := d.(concluder); ok {
		end.conclude([]event{e})
	}
	if len(c.Output) == 0 {
		d.add(e)
		d.finish()
	}
	return slices.ContainsFunc(c.Output, func(m llm.Message) bool { return len(m.Parts) > 0 })
}

// maxPieces bounds what is put together from one stream: answers, and parts of each. Their indexes can be any number.
const maxPieces = 1024

// pieces are parts that a stream numbers.
type pieces[T any] struct{ byIndex map[int64]*T }

// at returns the piece with an index, which it makes if there is none; nil when there are too many.
func (p *pieces[T]) at(index int64) *T {
	if have := p.byIndex[index]; have != nil {
		return have
	}
	if len(p.byIndex) == maxPieces {
		return nil
	}
	if p.byIndex == nil {
		p.byIndex = map[int64]*T{}
	}
	made := new(T)
	p.byIndex[index] = made
	return made
}

// inOrder yields the pieces by their index.
func (p *pieces[T]) inOrder() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		keys := make([]int64, 0, len(p.byIndex))
		for k := range p.byIndex {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, cmp.Compare[int64])
		for _, k := range keys {
			if !yield(p.byIndex[k]) {
				return
			}
		}
	}
}

// block is a part of a message that is being put together.
type block struct {
	whole     llm.Part     // one that came at once
	tool      llm.ToolCall // its arguments are what came at first, and count if none follow
	isTool    bool
	foreign   string // the type of a call that the provider runs itself
	text      strings.Builder
	reasoning strings.Builder
	arguments strings.Builder
}

// only returns where text goes, if of the three things that a fragment can add it is the only one.
func (b *block) only(text, said, thought, arguments string) *strings.Builder {
	switch {
	case said == text && thought == "" && arguments == "":
		return &b.text
	case said == "" && thought == text && arguments == "":
		return &b.reasoning
	case said == "" && thought == "" && arguments == text:
		return &b.arguments
	}
	return nil
}

// parts returns what the block is; nothing if it has remained empty.
func (b *block) parts() []llm.Part {
	var out []llm.Part
	if b.whole != nil {
		out = append(out, b.whole)
	}
	if b.reasoning.Len() > 0 {
		out = append(out, llm.Reasoning(b.reasoning.String()))
	}
	if b.text.Len() > 0 {
		out = append(out, llm.Text(b.text.String()))
	}
	if b.isTool || b.arguments.Len() > 0 {
		call := b.tool
		if b.arguments.Len() > 0 {
			call.Arguments = b.arguments.String()
		}
		if b.foreign == "" {
			out = append(out, call)
		} else {
			out = append(out, foreignCall(b.foreign, call))
		}
	}
	return out
}

// foreignCall is the call of a tool that the provider runs itself, in the provider's form.
func foreignCall(kind string, call llm.ToolCall) llm.Part {
	var input any = call.Arguments
	if json.Valid([]byte(call.Arguments)) {
		input = json.RawMessage(call.Arguments)
	}
	raw, err := json.Marshal(map[string]any{"type": kind, "id": call.ID, "name": call.Name, "input": input})
	if err != nil {
		return call
	}
	return llm.Other(raw)
}

// messageOf puts the parts of blocks into one message.
func messageOf(blocks *pieces[block], role, finish string) llm.Message {
	m := llm.Message{Role: cmp.Or(role, llm.RoleAssistant), FinishReason: finish}
	for b := range blocks.inOrder() {
		m.Parts = append(m.Parts, b.parts()...)
	}
	return m
}

// answered adds the only answer of a call.
func answered(c *llm.Call, m llm.Message) {
	c.Output = append(c.Output, m)
	if m.FinishReason != "" {
		c.FinishReasons = append(c.FinishReasons, m.FinishReason)
	}
}

// setText replaces a text by one that is there.
func setText(to *string, v string) {
	if v != "" {
		*to = v
	}
}

// grow takes a count of something that only grows.
func grow(to **int64, n integer) {
	if v := n.count(); v != nil && (*to == nil || *v > **to) {
		*to = v
	}
}

// sum adds counts, those that are unknown as 0; it is nil if all are.
func sum(counts ...*int64) *int64 {
	var out *int64
	for _, n := range counts {
		if n == nil {
			continue
		}
		if out == nil {
			out = new(int64(0))
		}
		*out += *n
	}
	return out
}
