package dialect

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// usage returns what the span says it consumed.
func (r *reading) usage() trace.Usage {
	u := trace.Usage{
		Input: r.count(inputTokens), Output: r.count(outputTokens),
		CacheRead: r.count(cacheRead), CacheWrite: r.count(cacheWrite), CacheWrite1h: r.count(cacheWrite1h),
		AudioInput: r.count(audioInput), AudioOutput: r.count(audioOutput), Reasoning: r.count(reasoning),
		Tier: strings.ToLower(r.text(serviceTier)),
	}
	if v := r.get(batch); v != nil {
		u.Batch, _ = truth(*v)
	}
	if u.CacheWrite == nil {
		u.CacheWrite = trace.Add(r.count(cacheWrite5m), u.CacheWrite1h)
	}
	if u.Input != nil && r.rule(inputTokens).apart {
		u.Input = trace.Add(trace.Add(u.Input, u.CacheRead), u.CacheWrite)
	}
	return u
}

// cost returns what the span says it cost, and the keys that say so.
func (r *reading) cost() (m *trace.Money, from string) {
	if m = r.money(givenCost); m != nil {
		return m, r.hits[givenCost].key
	}
	in, out := r.money(inputCost), r.money(outputCost)
	switch {
	case in != nil && out != nil:
		from = r.hits[inputCost].key + " + " + r.hits[outputCost].key
	case in != nil:
		from = r.hits[inputCost].key
	case out != nil:
		from = r.hits[outputCost].key
	}
	return trace.Add(in, out), from
}

// rollUp says why the span's usage is that of spans below it, which have it
// too, so that it must not be counted; "" when it is the span's own.
func (r *reading) rollUp(spanType string) string {
	switch {
	case vercelOuter(r.span):
		return "the AI SDK's outer span repeats the usage of the calls below it"
	case mirascopeTypes[r.span.Attributes.Text("mirascope.type")] == DefaultType:
		return "a function around calls of models repeats the usage of the calls below it"
	case codexRollUp(r.span):
		return "this span repeats the usage of the model calls of its turn"
	case (spanType == "AGENT" || spanType == "PIPELINE") && r.span.Kind != trace.KindClient:
		// A call of a remote agent is all that is seen of it; an agent in this
		// process has spans of its model calls.
		return "an agent or workflow in this process repeats the usage of the model calls below it"
	}
	return ""
}

// vercelOuter reports whether s is one of the AI SDK's spans around a model
// call: ai.generateText around ai.generateText.doGenerate.
func vercelOuter(s *trace.Span) bool {
	id := s.Attributes.Text("ai.operationId")
	if id == "" {
		return false
	}
	name, found := strings.CutPrefix(id, "ai.")
	return found && !strings.Contains(name, ".do") && name != "toolCall"
}

// codexRollUp reports whether s is the one of Codex's two spans of a turn whose
// usage the other has too: which one depends on how Codex runs.
func codexRollUp(s *trace.Span) bool {
	if s.Scope == nil {
		return false
	}
	switch s.Scope.Name {
	case "codex_cli_rs":
		return s.Name == "session_task.turn"
	case "codex_exec":
		return s.Name == "handle_responses"
	}
	return false
}
