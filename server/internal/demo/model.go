package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// runModel is the stand-in for a model provider: it speaks OpenAI's wire format,
// streamed, and decides by rule from the conversation and the tools it is sent.
func runModel(ctx context.Context, r *role) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, req *http.Request) {
		var in chatRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, 1<<20)).Decode(&in); err != nil || !in.Stream {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintln(w, `{"error":{"message":"want a streaming chat completion request","type":"invalid_request_error","param":null,"code":null}}`)
			return
		}
		stream(req.Context(), w, in, decide(in))
	})
	return r.serve(ctx, mux)
}

var orderNumber = regexp.MustCompile(`[A-Z]-\d{4}`)

// decide is the model's mind.
func decide(in chatRequest) chatMessage {
	var question string
	results := map[string]string{} // by tool
	names := map[string]string{}   // tool call id → tool
	for _, m := range in.Messages {
		switch m.Role {
		case "user":
			question = m.Content
		case "assistant":
			for _, c := range m.ToolCalls {
				names[c.ID] = c.Function.Name
			}
		case "tool":
			results[names[m.ToolCallID]] = m.Content
		}
	}
	order := cmp.Or(orderNumber.FindString(question), "unknown")
	switch {
	case len(in.Tools) == 0:
		return chatMessage{Content: "Dear Ada,\n\nyour parcel with order " + order + " was lost on its way, and we are sorry. " +
			"We have refunded you in full; the money will be in your account within three days.\n\nYours, the support desk"}
	case results["track_order"] == "":
		return call("track_order", "call_track_1", map[string]any{"order": order})
	case results["request_refund"] == "":
		var found parcel
		_ = json.Unmarshal([]byte(results["track_order"]), &found) // a tool's text may be anything
		if found.Status != "lost" {
			return chatMessage{Content: "Order " + order + " is " + cmp.Or(found.Status, "on its way") + "; please wait a little longer."}
		}
		return call("request_refund", "call_refund_1", map[string]any{"order": order, "amount": found.Amount, "reason": "lost by the carrier"})
	default:
		return chatMessage{Content: "Your parcel for order " + order + " was last scanned in Rotterdam and the carrier now counts it as lost. " +
			"I have asked for a full refund; you will get an e-mail as soon as it is done."}
	}
}

func call(tool, id string, arguments map[string]any) chatMessage {
	text, _ := json.Marshal(arguments) // strings and numbers
	c := toolCall{ID: id, Type: "function"}
	c.Function.Name, c.Function.Arguments = tool, string(text)
	return chatMessage{ToolCalls: []toolCall{c}}
}

// pace is the time between two pieces of an answer.
const pace = 10 * time.Millisecond

// stream sends an answer piece by piece, as the real one does.
func stream(ctx context.Context, w http.ResponseWriter, in chatRequest, answer chatMessage) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	chunk := chatChunk{ID: "chatcmpl-demo", Object: "chat.completion.chunk", Created: time.Now().Unix(), Model: modelName + "-2024-07-18"}
	send := func(choices []chatChoice, usage *chatUsage) {
		chunk.Choices, chunk.Usage = choices, usage
		data, err := json.Marshal(chunk)
		if err != nil || ctx.Err() != nil {
			return
		}
		_, _ = fmt.Fprintf(w, "data: %s\n\n", data) // the caller is gone if this fails, and ctx ends
		_ = out.Flush()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	piece := func(fill func(*chatChoice)) {
		var c chatChoice
		fill(&c)
		send([]chatChoice{c}, nil)
	}
	finish := "stop"
	piece(func(c *chatChoice) { c.Delta.Role = "assistant" })
	for _, word := range strings.SplitAfter(answer.Content, " ") {
		piece(func(c *chatChoice) { c.Delta.Content = word })
	}
	for i, tc := range answer.ToolCalls {
		finish = "tool_calls"
		begin := tc
		begin.Index, begin.Function.Arguments = i, ""
		piece(func(c *chatChoice) { c.Delta.ToolCalls = []toolCall{begin} })
		for _, part := range strings.SplitAfter(tc.Function.Arguments, ",") {
			more := toolCall{Index: i}
			more.Function.Arguments = part
			piece(func(c *chatChoice) { c.Delta.ToolCalls = []toolCall{more} })
		}
	}
	piece(func(c *chatChoice) { c.FinishReason = &finish })
	if in.StreamOptions.IncludeUsage {
		request, _ := json.Marshal(in.Messages)
		said, _ := json.Marshal(answer)
		usage := chatUsage{PromptTokens: tokens(request), CompletionTokens: tokens(said)}
		usage.TotalTokens = usage.PromptTokens + usage.CompletionTokens
		send([]chatChoice{}, &usage)
	}
	_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
}

// tokens estimates as providers' documentation does: four characters are one.
func tokens(text []byte) int { return (len(text) + 3) / 4 }
