package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/llmhttp"
)

const supportPrompt = "You answer questions about orders of an outdoor shop. Track an order before you say anything about it. Ask for a refund only when the carrier has lost the parcel."

var supportTools = []chatTool{
	function("track_order", "Where an order is.", `{"type":"object","properties":{"order":{"type":"string"}},"required":["order"]}`),
	function("request_refund", "Ask for a refund, which is checked and paid later.",
		`{"type":"object","properties":{"order":{"type":"string"},"amount":{"type":"number"},"reason":{"type":"string"}},"required":["order","amount"]}`),
}

func function(name, description, parameters string) chatTool {
	t := chatTool{Type: "function"}
	t.Function.Name, t.Function.Description, t.Function.Parameters = name, description, json.RawMessage(parameters)
	return t
}

// maxTurns bounds how often the planner asks the model for one question.
const maxTurns = 6

// planner answers a question with a model and the tools that it asks for.
type planner struct {
	*role
	llm  *http.Client // records model calls, adds nothing to the requests
	http *http.Client // for services of our own
}

func runPlanner(ctx context.Context, r *role) error {
	base := http.DefaultTransport
	if r.drop == breakHeader {
		base = strip{base}
	}
	p := planner{r, &http.Client{Transport: llmhttp.Transport(nil)}, &http.Client{Transport: clewhttp.Transport(base)}}
	answer := clew.Func("answer", p.answer, clew.EXECUTOR)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /plan", func(w http.ResponseWriter, req *http.Request) {
		var in question
		if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, 1<<20)).Decode(&in); err != nil {
			http.Error(w, "want {\"question\": \"…\"}", http.StatusBadRequest)
			return
		}
		text, err := answer(req.Context(), in.Question)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answerJSON(w, reply{Answer: text})
	})
	return r.serve(ctx, clewhttp.Handler(mux))
}

// answer asks the model, runs the tools that it wants, and asks again.
func (p planner) answer(ctx context.Context, text string) (string, error) {
	messages := []chatMessage{{Role: "system", Content: supportPrompt}, {Role: "user", Content: text}}
	for range maxTurns {
		p.step("asked the model (%d messages)", len(messages))
		said, err := chat(ctx, p.llm, p.model, messages, supportTools)
		if err != nil {
			return "", err
		}
		if len(said.ToolCalls) == 0 {
			return said.Content, nil
		}
		messages = append(messages, said)
		for _, c := range said.ToolCalls {
			result, err := p.runTool(ctx, c)
			if err != nil {
				result = "error: " + err.Error() // the model may find another way
			}
			messages = append(messages, chatMessage{Role: "tool", ToolCallID: c.ID, Content: result})
		}
	}
	return "", fmt.Errorf("no answer after %d turns", maxTurns)
}

// runTool runs one tool in a span of its own.
func (p planner) runTool(ctx context.Context, c toolCall) (string, error) {
	run := map[string]func(context.Context, string) (string, error){
		"track_order": p.trackOrder, "request_refund": p.requestRefund,
	}[c.Function.Name]
	if run == nil {
		return "", fmt.Errorf("no tool %q", c.Function.Name)
	}
	return clew.Observe(ctx, c.Function.Name, func(ctx context.Context) (string, error) { return run(ctx, c.Function.Arguments) },
		clew.TOOL, clew.Input(c.Function.Arguments),
		clew.Attr(attribute.String("gen_ai.tool.name", c.Function.Name), attribute.String("gen_ai.tool.call.id", c.ID)))
}

// attempts is how often a busy service is asked.
const attempts = 3

func (p planner) trackOrder(ctx context.Context, arguments string) (string, error) {
	var errs error
	for i := range attempts {
		found, err := postJSON[json.RawMessage](ctx, p.http, "http://"+p.tools+"/tools/track_order", json.RawMessage(arguments))
		if err == nil {
			return string(found), nil
		}
		errs = errors.Join(errs, err)
		if !busy(err) {
			break
		}
		p.step("tools are busy, trying again")
		clew.CurrentSpan(ctx).AddEvent("retry", attribute.Int("attempt", i+2), attribute.String("reason", err.Error()))
	}
	return "", errs
}

// refund is the job that a worker will do some time later.
type refund struct {
	Order  string  `json:"order"`
	Amount float64 `json:"amount"`
	Reason string  `json:"reason"`
}

// requestRefund puts a job into the queue. The context is in the message: no
// queue carries it for us.
func (p planner) requestRefund(ctx context.Context, arguments string) (string, error) {
	var job refund
	if err := json.Unmarshal([]byte(arguments), &job); err != nil {
		return "", fmt.Errorf("arguments of request_refund: %w", err)
	}
	m := message{ID: newMessageID(), Refund: job, Context: map[string]string{}}
	err := clew.Run(ctx, "send "+queueName, func(ctx context.Context) error {
		if p.drop != breakQueue {
			m.inject(ctx)
		}
		return publish(ctx, p.queue, m)
	}, clew.Kind(trace.SpanKindProducer), clew.Input(job), clew.Attr(messageAttributes(m.ID, "send")...))
	if err != nil {
		return "", err
	}
	p.step("put message %s into the queue", m.ID)
	return `{"status":"requested","message":"` + m.ID + `"}`, nil
}

// strip loses every header that carries a context, as a proxy with a list of
// allowed headers does.
type strip struct{ next http.RoundTripper }

func (s strip) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name := range r.Header {
		switch name {
		case "Content-Type", "Content-Length", "Accept", "User-Agent":
		default:
			r.Header.Del(name)
		}
	}
	return s.next.RoundTrip(r)
}
