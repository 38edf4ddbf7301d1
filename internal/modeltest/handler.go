package modeltest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// Closed is a model that every call of is refused.
const Closed = "closed"

// Handler answers as a provider does: with a call of the tool while one is
// offered and has not answered yet, else with what is said, as a stream when that
// is asked for.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/chat/completions", answering(Chat))
	mux.Handle("POST /v1/responses", answering(Responses))
	mux.Handle("POST /v1/messages", answering(Anthropic))
	return mux
}

func answering(wire Wire) http.Handler {
	var answers atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		var in struct {
			Model  string
			Stream bool
			Tools  []any
			Usage  struct {
				Include bool `json:"include_usage"`
			} `json:"stream_options"`
		}
		if err == nil {
			err = json.Unmarshal(body, &in)
		}
		if err != nil || in.Model == Closed {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, wire.Refused)
			return
		}
		// No two answers have one id: instrumentations put together by it.
		id := strconv.FormatInt(answers.Add(1), 10)
		own := strings.NewReplacer(`"id":"c1"`, `"id":"chat_`+id+`"`, `"id":"resp_1"`, `"id":"resp_`+id+`"`)
		whole, pieces := wire.Answer, wire.Answers
		if len(in.Tools) > 0 && !strings.Contains(string(body), "call_1") {
			whole, pieces = wire.Call, wire.Calling
		}
		if !in.Stream {
			w.Header().Set("Content-Type", "application/json")
			_, _ = own.WriteString(w, whole)
			return
		}
		if !in.Usage.Include { // of a chat's stream it is sent on demand only
			usage := events(chatUsage)[0]
			pieces = slices.DeleteFunc(slices.Clone(pieces), func(p string) bool { return p == usage })
		}
		w.Header().Set("Content-Type", wire.Media)
		for _, p := range pieces {
			if _, err := own.WriteString(w, p); err != nil {
				return // the client has closed
			}
			_ = http.NewResponseController(w).Flush()
		}
	})
}
