package api

import (
	"context"
	"math"
	"net/http"
	"slices"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/dialect"
	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/transcript"
)

const (
	maxTurns = 200 // of one answer
	// readAtOnce is how many whole spans of a transcript are in memory at once.
	readAtOnce = 32
)

func (a *api) getTranscript(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	id, offset, limit := p.traceID(), p.number("offset", 0, 0, math.MaxInt32), p.number("limit", defaultLimit, 1, maxTurns)
	only := p.oneSpan("span")
	if err := p.done(); err != nil {
		return err
	}
	done, err := a.admit(r.Context(), id)
	if err != nil {
		return about(err, "trace %s", id)
	}
	defer done()
	spans, err := a.Store.Outline(r.Context(), id)
	if err != nil {
		return about(err, "trace %s", id)
	}
	turns, sum := transcript.Turns(spans, trace.Placeholders(spans)...)
	if !only.IsZero() {
		limit = 1
		if offset = transcript.Find(turns, only); offset < 0 {
			offset = len(turns)
		}
	}
	reader := transcript.NewReader(turns, offset, offset+limit)
	if err := a.readTurns(r.Context(), id, reader); err != nil {
		return about(err, "transcript of trace %s", id)
	}
	out := client.Transcript{Turns: []client.Turn{}, Offset: offset, Count: len(turns), Sum: wireSum(sum)}
	twins := twinsOf(spans)
	for i, said := range reader.Said() {
		out.Turns = append(out.Turns, wireTurn(turns[offset+i], said, twins))
	}
	return writeJSON(w, out)
}

// readTurns hands the reader the whole spans that it wants, a few at a time.
func (a *api) readTurns(ctx context.Context, id trace.TraceID, r *transcript.Reader) error {
	for some := range slices.Chunk(r.Wants(), readAtOnce) {
		ids := make([]trace.SpanID, len(some))
		for i, s := range some {
			ids[i] = s.ID
		}
		whole, err := a.withLogs(a.Store.Spans(ctx, id, ids...))
		if err != nil {
			return err
		}
		byIdentity := make(map[trace.Identity]*trace.Span, len(whole))
		for _, s := range whole {
			byIdentity[s.Identity()] = s
		}
		for _, s := range some {
			if s := byIdentity[s.Identity()]; s != nil { // else it changed a moment ago
				r.Read(s)
			}
		}
	}
	return nil
}

// twinsOf tells for each span which of those that share its id it is.
func twinsOf(spans []*trace.Span) map[trace.Identity]int {
	out := map[trace.Identity]int{}
	seen := map[trace.SpanID]int{}
	for _, s := range spans {
		if n := seen[s.ID]; n > 0 {
			out[s.Identity()] = n
		}
		seen[s.ID]++
	}
	return out
}

func wireTurn(t transcript.Turn, s transcript.Said, twins map[trace.Identity]int) client.Turn {
	out := client.Turn{
		Kind: string(t.Kind), Span: wireOutline(t.Span, twins[t.Span.Identity()]), Depth: t.Depth, Sum: wireSum(t.Sum),
		Messages: wireList(s.Messages, func(m transcript.Message) client.PlacedMessage {
			return client.PlacedMessage{At: m.At, Message: wireCutMessage(m)}
		}),
		Folded: append([]int{}, s.Folded...), Given: s.Given, Answer: wireList(s.Answer, wireCutMessage), Agent: s.Agent,
		Tools: wireList(s.Tools, func(u transcript.ToolUse) client.ToolUse { return wireToolUse(u, twins) }),
	}
	if s.Follows != nil {
		out.Follows = s.Follows.ID.String()
	}
	if s.FirstToken != nil {
		ns := s.FirstToken.Nanoseconds()
		out.FirstTokenNS = &ns
	}
	out.Error = wireError(s.Error)
	return out
}

func wireCutMessage(m transcript.Message) client.Message {
	return client.Message{Role: m.Role, Name: m.Name, FinishReason: m.Finish, Parts: wireList(m.Parts, func(p transcript.Part) client.Part {
		out := wirePart(p.Part)
		out.Cut = p.Cut
		return out
	})}
}

func wireToolUse(u transcript.ToolUse, twins map[trace.Identity]int) client.ToolUse {
	out := client.ToolUse{ID: u.ID, Name: u.Name, Arguments: u.Arguments, Result: u.Result, From: u.From, Failed: u.Failed}
	if u.Span != nil {
		o := wireOutline(u.Span, twins[u.Span.Identity()])
		out.Span = &o
	}
	return out
}

func wireSum(s transcript.Sum) client.TranscriptSum {
	return client.TranscriptSum{Calls: s.Calls, ToolRuns: s.ToolRuns, InputTokens: s.InputTokens, OutputTokens: s.OutputTokens, Cost: wireMoney(s.Cost)}
}

func wireError(e *dialect.Error) *client.SpanError {
	if e == nil {
		return nil
	}
	out := client.SpanError(*e)
	return &out
}
