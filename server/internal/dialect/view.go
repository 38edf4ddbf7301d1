package dialect

import (
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// View is all that is known of one span, whoever wrote it. What is stored of it
// is [trace.Derived]; the rest is read when a person looks.
type View struct {
	Operation    string // what the convention calls it; any word is legal
	RequestModel string
	ResponseID   string
	Environment  string
	Agent        string

	Messages   []Message // what the model was asked with; nil when the input is no conversation
	Answer     []Message // what it answered
	Tools      []Tool    // what it might have called
	Parameters map[string]any

	ToolName, ToolCallID string // of a tool's span
	FinishReasons        []string
	FirstToken           *time.Duration // from the start of the span

	Usage  trace.Usage
	RollUp string // why the usage is not counted here, "" when it is

	Prompt Prompt
	Scores []trace.Score // that stand under numbered keys
	Error  *Error

	Origins []Origin
}

// Prompt refers to a prompt that is managed somewhere.
type Prompt struct{ Name, Version, ID string }

// Tool is the definition of a tool that a model may call.
type Tool struct {
	Name, Description string
	Parameters        any // JSON schema
}

// Error is what went wrong.
type Error struct{ Type, Message, Stack string }

// Origin says where a field came from.
type Origin struct {
	Field   string // its name in the API
	Value   string // at most maxOrigin bytes of it
	Dialect string // "" for what no dialect's rule gave
	Key     string // the attribute, event or pattern of keys; "" for what was concluded
	How     string // what was done with what stood there; "" for nothing
}

// maxOrigin bounds the value that an Origin repeats.
const maxOrigin = 120

// Read returns the view of s, which must be derived and whole.
func Read(s *trace.Span) View {
	r := reading{span: s}
	r.walk()
	v := View{
		Operation: r.text(operation), RequestModel: r.text(requestModel), ResponseID: r.text(responseID),
		Environment: r.text(environment), Agent: r.text(agentName),
		Messages: conversation(s.Input, "user"), Answer: conversation(s.Output, "assistant"),
		Parameters: r.parameters(),
		ToolName:   r.text(toolName), ToolCallID: r.text(toolCallID),
		Usage:  r.usage(),
		Prompt: Prompt{r.text(promptName), r.text(promptVersion), r.text(promptID)},
		Scores: r.scores(), Error: r.failure(),
	}
	if v.Usage.Input != nil || v.Usage.Output != nil {
		v.RollUp = r.rollUp(s.Type)
	}
	if t := r.get(tools); t != nil {
		v.Tools = toolList(*t)
	}
	if f := r.get(finishReasons); f != nil {
		v.FinishReasons = tagList(*f)
	} else {
		for _, m := range v.Answer {
			if m.Finish != "" {
				v.FinishReasons = append(v.FinishReasons, m.Finish)
			}
		}
	}
	if f := r.get(firstToken); f != nil {
		seconds, _ := number(*f)
		d := time.Duration(seconds * float64(time.Second))
		v.FirstToken = &d
	}
	v.Origins = r.origins()
	return v
}

// origins says where each field of the span came from, in the order of fields.
func (r *reading) origins() []Origin {
	var out []Origin
	for f := range fieldCount {
		value := r.text(f)
		if value == "" {
			continue
		}
		h := &r.hits[f]
		p := &turned.order[h.place]
		o := Origin{Field: fields[f].name, Value: short(value), Dialect: dialects[p.dialect].name, Key: h.key, How: p.rule.how}
		if p.rule.apart {
			o.How = "cached tokens are added: this key leaves them out"
		}
		out = append(out, o)
	}
	if r.text(spanType) == "" {
		t, why := r.inferredType()
		out = append(out, Origin{Field: fields[spanType].name, Value: t, How: why})
	}
	if r.text(responseModel) == "" && r.text(requestModel) != "" {
		o := r.origin(out, requestModel)
		o.Field, o.How = fields[responseModel].name, "the model that was asked for, as none is said to have answered"
		out = append(out, o)
	}
	if p := r.provider(); p != "" && r.text(provider) == "" {
		out = append(out, Origin{Field: fields[provider].name, Value: p, How: "by the server's address or the model's prefix"})
	}
	if why := r.rollUp(r.spanType()); why != "" && (r.get(inputTokens) != nil || r.get(outputTokens) != nil || r.get(givenCost) != nil) {
		out = append(out, Origin{Field: "usage", How: "not counted: " + why})
	}
	return out
}

// origin returns the origin of f among those found.
func (r *reading) origin(out []Origin, f field) Origin {
	for _, o := range out {
		if o.Field == fields[f].name {
			return o
		}
	}
	return Origin{}
}

func short(s string) string {
	if len(s) <= maxOrigin {
		return s
	}
	return strings.ToValidUTF8(s[:maxOrigin], "") + "…"
}

// parameterNames maps other spellings of a parameter to OpenTelemetry's.
var parameterNames = map[string]string{
	"is_stream": "stream", "choice_count": "choice.count", "n": "choice.count", "maxTokens": "max_tokens", "maxOutputTokens": "max_tokens",
	"max_output_tokens": "max_tokens", "topP": "top_p", "topK": "top_k", "stopSequences": "stop_sequences", "stop": "stop_sequences",
	"frequencyPenalty": "frequency_penalty", "presencePenalty": "presence_penalty",
}

// parameters collects what the model was asked with besides messages. Of a
// parameter that is said twice, the earlier dialect's counts.
func (r *reading) parameters() map[string]any {
	var out map[string]any
	set := func(name string, v any) {
		if std := parameterNames[name]; std != "" {
			name = std
		}
		if _, had := out[name]; had || name == "" || name == "model" || v == nil {
			return
		}
		if out == nil {
			out = map[string]any{}
		}
		out[name] = v
	}
	for i := range dialects {
		if r.speaks&(1<<i) == 0 {
			continue
		}
		for _, place := range dialects[i].parameters {
			for _, a := range r.span.Attributes {
				switch rest, ok := strings.CutPrefix(a.Key, place); {
				case ok && rest != "" && strings.HasSuffix(place, "."):
					set(rest, parsed(a.Value))
				case a.Key == place:
					for k, v := range object(a.Value) {
						set(k, v)
					}
				}
			}
		}
	}
	return out
}

// scores collects judgements under numbered keys. Those that are events are the
// span's own: see [trace.Span.Scores].
func (r *reading) scores() []trace.Score {
	var out []trace.Score
	for _, prefix := range []string{"annotations.", "evaluations."} {
		for _, item := range collect(r.span.Attributes, prefix) {
			m, ok := item.(map[string]any)
			if !ok {
				continue
			}
			s := trace.Score{Name: text(m["name"]), Label: text(m["label"]), Explanation: text(m["explanation"]), Source: text(m["annotator_kind"]), Time: r.span.End}
			if f, ok := number(valueOf(m["score"])); ok {
				s.Value = &f
			}
			out = append(out, s)
		}
	}
	return out
}

// failure returns what went wrong, nil when nothing is known to have.
func (r *reading) failure() *Error {
	s := r.span
	e := Error{Type: s.Attributes.Text("error.type")}
	for i := range s.Events {
		if as := s.Events[i].Attributes; s.Events[i].Name == "exception" {
			e = Error{as.Text("exception.type"), as.Text("exception.message"), as.Text("exception.stacktrace")}
		}
	}
	for _, message := range []string{s.StatusMessage, r.text(statusText), s.Attributes.Text("error.message")} {
		if e.Message == "" {
			e.Message = message
		}
	}
	if !r.isError() && e.Type == "" && e.Stack == "" {
		return nil
	}
	return &e
}
