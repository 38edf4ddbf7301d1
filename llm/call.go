package llm

import (
	"encoding/json"
	"time"
)

// Call is one call of a model. The zero value of a field means unknown or absent.
type Call struct {
	Operation    string // Chat if empty
	Provider     string // such as openai, anthropic, aws.bedrock
	Model        string // as requested
	Conversation string // the provider's or the program's id of a conversation

	Params Params
	System []Part    // instructions given apart from the messages
	Input  []Message // the conversation that was sent
	Tools  []Tool    // what the model may call

	Output           []Message     // one for each choice
	FinishReasons    []string      // one for each choice
	ResponseID       string        // the provider's
	ResponseModel    string        // which answered, such as a dated version of Model
	ResponseTier     string        // service tier that was used
	TimeToFirstChunk time.Duration // from the request to the first generated token; 0 is unknown
	TokensPerSecond  float64       // as the provider says, or of a stream from its first token on; 0 is unknown
	Usage            Usage

	ServerAddress string // host name or address, without port
	ServerPort    int    // 0 is unknown
	ErrorType     string // the provider's error code, an HTTP status or the name of a Go type
}

// Params are what shapes an answer, in the provider's own units and ranges. nil, "" and an empty list stand for what was not
// asked for, so that the provider's default holds.
type Params struct {
	MaxTokens        *int64 // of the answer
	Temperature      *float64
	TopP             *float64
	TopK             *int64
	FrequencyPenalty *float64
	PresencePenalty  *float64
	Seed             *int64
	Choices          *int64 // how many answers are asked for
	StopSequences    []string
	Stream           *bool
	ReasoningEffort  string   // such as low, medium, high
	ServiceTier      string   // as requested
	OutputType       string   // text, json, image, speech
	Dimensions       *int64   // of an embedding
	EncodingFormats  []string // of an embedding, such as float, base64
}

// Usage counts tokens. Input includes those read from and written to a cache, Output includes those of reasoning; a
// provider that counts them apart is to be summed up first. nil is unknown.
type Usage struct {
	Input      *int64
	Output     *int64
	CacheRead  *int64
	CacheWrite *int64

	// Of CacheWrite, what is kept for five minutes and for an hour, where a provider has a price for each.
	CacheWrite5m *int64
	CacheWrite1h *int64

	Reasoning   *int64
	AudioInput  *int64
	AudioOutput *int64
	Cost        *float64 // US dollars, where the provider says so
}

// Total is Input and Output, or nil if one of them is unknown.
func (u Usage) Total() *int64 {
	if u.Input == nil || u.Output == nil {
		return nil
	}
	return new(*u.Input + *u.Output)
}

// Tool is a definition of something that the model may call.
type Tool struct {
	Type        string // function if empty
	Name        string
	Description string
	Parameters  json.RawMessage // JSON Schema of the arguments

	// Definition is the whole of a tool that is not a function, a JSON object. Type, Name and Description repeat what
	// it says, Parameters is not used.
	Definition json.RawMessage
}

// Message is one turn of a conversation.
type Message struct {
	Role         string // RoleUser or its like
	Name         string // of the participant
	Parts        []Part
	FinishReason string // of an answer
}

// System returns a message of instructions.
func System(text string) Message { return Message{Role: RoleSystem, Parts: []Part{Text(text)}} }

// User returns what a user said.
func User(text string) Message { return Message{Role: RoleUser, Parts: []Part{Text(text)}} }

// Assistant returns what a model said.
func Assistant(text string) Message { return Message{Role: RoleAssistant, Parts: []Part{Text(text)}} }

// Part is a piece of a message: Text, Reasoning, ToolCall, ToolResult, Blob, File, URI or Other.
type Part interface{ part() }

// Text is what is said.
type Text string

// Reasoning is what a model shows of its thinking.
type Reasoning string

// ToolCall asks for a tool to be run.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string // JSON as the model wrote it, which need not be valid
}

// ToolResult answers the ToolCall of the same id.
type ToolResult struct {
	ID     string
	Result string // text or JSON
}

// Blob is media inside the message.
type Blob struct {
	Modality string // image, audio, video or document
	MIMEType string // such as image/png
	Base64   string // standard encoding, as providers take it
}

// File is media that was uploaded to the provider before; see Blob for modality and type.
type File struct {
	Modality string
	MIMEType string
	ID       string // the provider's
}

// URI is media that the provider fetches; see Blob for modality and type.
type URI struct {
	Modality string
	MIMEType string
	URI      string
}

// Other is a part of any other type, a JSON object with a type in it.
type Other json.RawMessage

func (Text) part()       {}
func (Reasoning) part()  {}
func (ToolCall) part()   {}
func (ToolResult) part() {}
func (Blob) part()       {}
func (File) part()       {}
func (URI) part()        {}
func (Other) part()      {}

// SpanName is the name that OpenTelemetry's conventions give to the span of c, such as "chat gpt-4o".
func (c Call) SpanName() string { return spanName(c.operation(), c.Model) }

func (c Call) operation() string {
	if c.Operation == "" {
		return Chat
	}
	return c.Operation
}

// WithoutContent returns c without what people, programs and models said: messages, instructions and tools.
func (c Call) WithoutContent() Call {
	c.System, c.Input, c.Output, c.Tools = nil, nil, nil, nil
	return c
}
