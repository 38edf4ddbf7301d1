package transcript

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/dialect"
	"github.com/clewhq/clew/server/internal/trace"
)

// Bounds of what a turn says; the span has the rest.
const (
	maxMessages = 100 // new messages of one call: the first, and the last ones
	maxTools    = 200 // tools of one call
)

// Said is what a turn says.
type Said struct {
	// Follows is the call that a call goes on from, nil when it begins a conversation.
	Follows *trace.Span
	// Messages are those of the input that Follows neither got nor gave.
	Messages []Message
	// Folded are the places of results of tools that are new as well, and stand
	// with the call that asked for them.
	Folded []int
	// Given is how many messages the input has: those that are in neither are
	// earlier ones.
	Given  int
	Answer []Message
	// Tools has one element for each call of a tool in Answer, in their order,
	// then one for each span of a tool that none of them explains. Of a tool that
	// nobody asked for it is the tool itself.
	Tools []ToolUse

	Agent      string
	FirstToken *time.Duration
	Error      *dialect.Error
}

// ToolUse is what became of the call of a tool.
type ToolUse struct {
	ID, Name  string
	Arguments any // nil when they stand in the answer
	Result    any
	From      string // who says so: "history", the next call's input; "span", the tool's; "" for nobody
	Failed    bool
	Span      *trace.Span // nil when the tool was not traced
}

// heard is what later turns need to know of a call that was read.
type heard struct {
	keys    []key // of what it was given, then of what it answered
	given   int   // how many of keys are of what it was given
	results map[string]Part
}

// Reader reads turns. Whole spans are handed to it one by one, so that not all
// of them need to be in memory at once.
type Reader struct {
	turns    []Turn
	from, to int
	calls    map[trace.Identity]int // places of the calls that are read
	heard    map[int]*heard
	tools    map[trace.Identity]ToolUse
	said     map[int]*Said
}

// NewReader reads turns[from:to].
func NewReader(turns []Turn, from, to int) *Reader {
	to = min(to, len(turns))
	r := &Reader{
		turns: turns, from: min(from, to), to: to,
		calls: map[trace.Identity]int{}, heard: map[int]*heard{}, tools: map[trace.Identity]ToolUse{}, said: map[int]*Said{},
	}
	for i := r.from; i < r.to; i++ {
		t := &turns[i]
		if t.Kind != Call {
			continue
		}
		for _, place := range append([]int{i, t.After}, t.Before...) {
			if place >= 0 {
				r.calls[turns[place].Span.Identity()] = place
			}
		}
	}
	return r
}

// Wants lists the spans that are to be read, in the order in which [Reader.Read]
// wants them: tools, then calls as they follow each other.
func (r *Reader) Wants() []*trace.Span {
	var wanted []*trace.Span
	for i := r.from; i < r.to; i++ {
		t := &r.turns[i]
		if t.Kind == Tool && !t.Asked {
			wanted = append(wanted, t.Span)
		} else {
			wanted = append(wanted, t.Tools[:min(len(t.Tools), maxTools)]...)
		}
	}
	for _, place := range slices.Sorted(maps.Values(r.calls)) {
		wanted = append(wanted, r.turns[place].Span)
	}
	return wanted
}

// Read takes in a whole span of those it wants.
func (r *Reader) Read(s *trace.Span) {
	if s.Type == "TOOL" {
		r.tools[s.Identity()] = toolRun(s)
		return
	}
	i, wanted := r.calls[s.Identity()]
	if !wanted {
		return
	}
	v := dialect.Read(s)
	h := &heard{given: len(v.Messages), results: map[string]Part{}}
	for _, m := range slices.Concat(v.Messages, v.Answer) {
		h.keys = append(h.keys, keyOf(m))
	}
	for _, m := range v.Messages {
		for _, p := range m.Parts {
			if p.Type == dialect.Result && p.ID != "" {
				h.results[p.ID] = cutPart(p)
			}
		}
	}
	r.heard[i] = h
	if i >= r.from && i < r.to {
		r.said[i] = r.call(i, v)
	}
}

// call reads what is new in the call at i, whose predecessors were read.
func (r *Reader) call(i int, v dialect.View) *Said {
	out := &Said{Given: len(v.Messages), Agent: v.Agent, FirstToken: v.FirstToken, Error: v.Error}
	keys := r.heard[i].keys[:len(v.Messages)]
	fresh := all(len(keys))
	for _, b := range r.turns[i].Before {
		h := r.heard[b]
		if h == nil {
			continue
		}
		if news, goesOn := news(v.Messages, keys, h); goesOn && (out.Follows == nil || len(news) < len(fresh)) {
			out.Follows, fresh = r.turns[b].Span, news
		}
	}
	if len(fresh) > maxMessages {
		fresh = append(fresh[:1:1], fresh[len(fresh)-maxMessages+1:]...)
	}
	for _, at := range fresh {
		out.Messages = append(out.Messages, cutMessage(v.Messages[at], at))
	}
	for _, m := range v.Answer {
		out.Answer = append(out.Answer, cutMessage(m, 0))
	}
	return out
}

// Said returns what the turns said. What was not read says nothing.
func (r *Reader) Said() []Said {
	out := make([]Said, 0, r.to-r.from)
	for i := r.from; i < r.to; i++ {
		t := &r.turns[i]
		said := r.said[i]
		if said == nil {
			said = &Said{}
		}
		switch t.Kind {
		case Call:
			said.Tools = r.toolsOf(t, said.Answer)
		case Tool:
			if use, ok := r.tools[t.Span.Identity()]; ok && !t.Asked {
				said.Tools = []ToolUse{use}
			}
		}
		out = append(out, *said)
	}
	for i := r.from; i < r.to; i++ {
		r.fold(i, out)
	}
	return out
}

// fold takes results of tools out of a call's messages when they are shown with
// the call before it.
func (r *Reader) fold(i int, out []Said) {
	said := &out[i-r.from]
	if said.Follows == nil || len(r.turns[i].Before) == 0 {
		return
	}
	shown := map[string]bool{}
	for _, b := range r.turns[i].Before {
		if r.turns[b].Span != said.Follows || r.turns[b].After != i {
			continue
		}
		h := r.heard[b]
		for _, k := range h.keys[h.given:] {
			for _, id := range k.calls {
				shown[id] = true
			}
		}
	}
	said.Messages = slices.DeleteFunc(said.Messages, func(m Message) bool {
		if len(m.Parts) == 0 || slices.ContainsFunc(m.Parts, func(p Part) bool { return p.Type != dialect.Result || !shown[p.ID] }) {
			return false
		}
		said.Folded = append(said.Folded, m.At)
		return true
	})
}

// toolsOf pairs the calls of tools in an answer with the spans of these tools,
// by the id of the call, else by name in their order, and with their results.
func (r *Reader) toolsOf(t *Turn, answer []Message) []ToolUse {
	var runs []ToolUse
	for _, s := range t.Tools[:min(len(t.Tools), maxTools)] {
		run, ok := r.tools[s.Identity()]
		if !ok {
			run = ToolUse{Name: s.Name, Span: s}
		}
		runs = append(runs, run)
	}
	take := func(is func(ToolUse) bool) (ToolUse, bool) {
		i := slices.IndexFunc(runs, is)
		if i < 0 {
			return ToolUse{}, false
		}
		run := runs[i]
		runs = slices.Delete(runs, i, i+1)
		return run, true
	}
	var out []ToolUse
	for _, m := range answer {
		for _, p := range m.Parts {
			if p.Type == dialect.Call && len(out) < maxTools {
				out = append(out, ToolUse{ID: p.ID, Name: p.Name})
			}
		}
	}
	for i := range out {
		if run, ok := take(func(u ToolUse) bool { return u.ID != "" && u.ID == out[i].ID }); ok {
			out[i] = joined(out[i], run)
		}
	}
	for i := range out {
		if out[i].Span != nil {
			continue
		}
		if run, ok := take(func(u ToolUse) bool { return u.Name == out[i].Name && (u.ID == "" || out[i].ID == "") }); ok {
			out[i] = joined(out[i], run)
		}
	}
	if after := r.heard[t.After]; after != nil {
		for i := range out {
			if p, ok := after.results[out[i].ID]; ok {
				out[i].Result, out[i].From, out[i].Failed = p.Value, "history", out[i].Failed || p.Failed
			}
		}
	}
	return append(out, runs...)
}

// joined adds to the call of a tool what its span knows.
func joined(call, run ToolUse) ToolUse {
	call.Result, call.From, call.Failed, call.Span = run.Result, run.From, run.Failed, run.Span
	return call
}

// toolRun reads the span of a tool.
func toolRun(s *trace.Span) ToolUse {
	v := dialect.Read(s)
	u := ToolUse{ID: v.ToolCallID, Name: v.ToolName, Failed: s.IsError, Span: s}
	if u.Name == "" {
		u.Name = strings.TrimPrefix(s.Name, "execute_tool ")
	}
	u.Arguments, _ = cutValue(dialect.Plain(s.Input))
	if s.Output != "" {
		u.Result, _ = cutValue(dialect.Plain(s.Output))
		u.From = "span"
	}
	return u
}

func all(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
