package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// OpenAI's chat completions API, as far as both sides of the demo need it.

const modelName = "gpt-4o-mini"

type chatRequest struct {
	Model         string        `json:"model"`
	Messages      []chatMessage `json:"messages"`
	Tools         []chatTool    `json:"tools,omitempty"`
	Stream        bool          `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Temperature float64 `json:"temperature"`
}

type chatMessage struct {
	Role       string     `json:"role"`
	Content    string     `json:"content"`
	ToolCalls  []toolCall `json:"tool_calls,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

type toolCall struct {
	Index    int    `json:"index"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type chatTool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// chatChunk is one event of a streamed answer.
type chatChunk struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChoice `json:"choices"`
	Usage   *chatUsage   `json:"usage"`
}

type chatChoice struct {
	Index int `json:"index"`
	Delta struct {
		Role      string     `json:"role,omitempty"`
		Content   string     `json:"content,omitempty"`
		ToolCalls []toolCall `json:"tool_calls,omitempty"`
	} `json:"delta"`
	FinishReason *string `json:"finish_reason"`
}

type chatUsage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

// chat calls the provider at address and reads the stream to its end. It knows
// nothing of tracing: the client's transport does.
func chat(ctx context.Context, client *http.Client, address string, messages []chatMessage, tools []chatTool) (chatMessage, error) {
	request := chatRequest{Model: modelName, Messages: messages, Tools: tools, Stream: true, Temperature: 0.2}
	request.StreamOptions.IncludeUsage = true
	resp, err := post(ctx, client, "http://"+address+"/v1/chat/completions", request)
	if err != nil {
		return chatMessage{}, fmt.Errorf("call the model: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := chatMessage{Role: "assistant"}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		var chunk chatChunk
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			return answer, fmt.Errorf("read the model's answer: %w", err)
		}
		for _, choice := range chunk.Choices {
			answer.add(choice)
		}
	}
	if err := lines.Err(); err != nil {
		return answer, fmt.Errorf("read the model's answer: %w", err)
	}
	return answer, nil
}

// add joins a piece of a streamed message to what came before.
func (m *chatMessage) add(choice chatChoice) {
	m.Content += choice.Delta.Content
	for _, piece := range choice.Delta.ToolCalls {
		if piece.ID != "" {
			m.ToolCalls = append(m.ToolCalls, toolCall{Index: piece.Index, ID: piece.ID, Type: piece.Type})
		}
		if piece.Index < 0 || piece.Index >= len(m.ToolCalls) {
			continue
		}
		call := &m.ToolCalls[piece.Index]
		call.Function.Name += piece.Function.Name
		call.Function.Arguments += piece.Function.Arguments
	}
}

// post sends v as JSON. An answer that is no success is a *statusError; the
// caller closes the body of any other.
func post(ctx context.Context, client *http.Client, url string, v any) (*http.Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // as much as came
		return nil, &statusError{resp.StatusCode, strings.TrimSpace(string(text))}
	}
	return resp, nil
}

type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.status, http.StatusText(e.status), e.text)
}

// busy reports whether a request is worth another attempt.
func busy(err error) bool {
	var e *statusError
	return errors.As(err, &e) && e.status == http.StatusServiceUnavailable
}

// postJSON is post with an answer in JSON.
func postJSON[T any](ctx context.Context, client *http.Client, url string, v any) (out T, err error) {
	resp, err := post(ctx, client, url, v)
	if err != nil {
		return out, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("read the answer of %s: %w", url, err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return out, err
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the caller is gone if this fails
}
