package llm

import (
	"encoding/json"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// ToolRun is one run of a tool by the program, which a model asked for with Call. Its span has the type TOOL.
type ToolRun struct {
	Call        ToolCall // whose id is "" if no model asked
	Type        string   // function if empty; extension, datastore
	Description string
	Result      string // text or JSON
	ErrorType   string // an error code or the name of a Go type
}

// SpanName is such as "execute_tool weather".
func (t ToolRun) SpanName() string { return spanName(ExecuteTool, t.Call.Name) }

func (t ToolRun) attributes() []attribute.KeyValue {
	if t.Type == "" {
		t.Type = "function"
	}
	out := []attribute.KeyValue{OperationKey.String(ExecuteTool), ToolTypeKey.String(valid(t.Type))}
	out = addText(out, t.Call.Name, ToolNameKey)
	out = addText(out, t.Description, ToolDescriptionKey)
	out = addText(out, t.Call.ID, ToolCallIDKey)
	out = addText(out, t.Call.Arguments, ToolArgumentsKey, SpanInputKey)
	out = addText(out, t.Result, ToolResultKey, SpanOutputKey)
	return addText(out, t.ErrorType, ErrorTypeKey)
}

// Retrieval is one search in a store of knowledge.
type Retrieval struct {
	Query      string
	DataSource string // which store: its id
	Provider   string // whose store, such as pinecone
	Model      string // that made an embedding of the query
	TopK       *int64 // how many documents were asked for
	Documents  []Document
	ErrorType  string // an error code or the name of a Go type
}

// Document is something that a retrieval found. A score of nil is unknown.
type Document struct {
	ID       string          `json:"id,omitempty"`
	Score    *float64        `json:"score,omitempty"`
	Content  string          `json:"content,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"` // JSON; anything else is left out
}

// SpanName is such as "retrieval handbook".
func (r Retrieval) SpanName() string { return spanName(Retrieve, r.DataSource) }

func (r Retrieval) attributes() []attribute.KeyValue {
	out := []attribute.KeyValue{OperationKey.String(Retrieve)}
	out = addText(out, r.DataSource, DataSourceKey)
	out = addText(out, r.Provider, ProviderKey, SystemKey)
	out = addText(out, r.Model, RequestModelKey)
	out = addText(out, r.Query, RetrievalQueryKey, SpanInputKey)
	if r.TopK != nil {
		out = append(out, RetrievalTopKKey.Int64(*r.TopK), TopKKey.Int64(*r.TopK))
	}
	if len(r.Documents) > 0 {
		found := make([]Document, len(r.Documents))
		for i, d := range r.Documents {
			if !embeddable(d.Metadata) {
				d.Metadata = nil
			}
			found[i] = d
		}
		out = addText(out, marshal(found), RetrievalDocumentsKey, SpanOutputKey)
	}
	return addText(out, r.ErrorType, ErrorTypeKey)
}

// AgentRun is one task of an agent. What its model calls used belongs on their spans, not here: it would count twice.
type AgentRun struct {
	Name, ID, Version string
	Description       string
	Conversation      string // the provider's or the program's id of a conversation
	Provider          string // of the model, such as anthropic
	Model             string
	Input             []Message // the task
	Output            []Message // the result
	ErrorType         string    // an error code or the name of a Go type
}

// SpanName is such as "invoke_agent planner".
func (a AgentRun) SpanName() string { return spanName(InvokeAgent, a.Name) }

func (a AgentRun) attributes() []attribute.KeyValue {
	out := []attribute.KeyValue{OperationKey.String(InvokeAgent)}
	out = addText(out, a.Name, AgentNameKey)
	out = addText(out, a.ID, AgentIDKey)
	out = addText(out, a.Version, AgentVersionKey)
	out = addText(out, a.Description, AgentDescriptionKey)
	out = addText(out, a.Conversation, ConversationKey)
	out = addText(out, a.Provider, ProviderKey, SystemKey)
	out = addText(out, a.Model, RequestModelKey)
	out = appendContent(out, Call{Input: a.Input, Output: a.Output})
	return addText(out, a.ErrorType, ErrorTypeKey)
}

func spanName(operation, of string) string {
	if of == "" {
		return operation
	}
	return valid(operation + " " + of)
}

// addText writes text under keys, unless it is "".
func addText(out []attribute.KeyValue, text string, keys ...attribute.Key) []attribute.KeyValue {
	if text == "" {
		return out
	}
	return add(out, keys, attribute.StringValue(valid(text)))
}

// marshal writes JSON that is as short as it can be; nothing if a score is not a number.
func marshal(documents []Document) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(documents) != nil {
		return ""
	}
	return valid(strings.TrimSuffix(b.String(), "\n"))
}
