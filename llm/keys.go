package llm

import "go.opentelemetry.io/otel/attribute"

// Attribute keys of OpenTelemetry's conventions for generative AI, and beside some of them the older name of the same
// thing. Attributes writes all of these that apply; Decode prefers the first of a group.
const (
	OperationKey    = attribute.Key("gen_ai.operation.name")
	RequestTypeKey  = attribute.Key("llm.request.type") // OpenLLMetry's name for the operation
	ProviderKey     = attribute.Key("gen_ai.provider.name")
	SystemKey       = attribute.Key("gen_ai.system") // the provider, until version 1.37 of the conventions
	ConversationKey = attribute.Key("gen_ai.conversation.id")

	RequestModelKey     = attribute.Key("gen_ai.request.model")
	MaxTokensKey        = attribute.Key("gen_ai.request.max_tokens")
	TemperatureKey      = attribute.Key("gen_ai.request.temperature")
	TopPKey             = attribute.Key("gen_ai.request.top_p")
	TopKKey             = attribute.Key("gen_ai.request.top_k")
	FrequencyPenaltyKey = attribute.Key("gen_ai.request.frequency_penalty")
	PresencePenaltyKey  = attribute.Key("gen_ai.request.presence_penalty")
	SeedKey             = attribute.Key("gen_ai.request.seed")
	ChoiceCountKey      = attribute.Key("gen_ai.request.choice.count")
	StopSequencesKey    = attribute.Key("gen_ai.request.stop_sequences")
	StreamKey           = attribute.Key("gen_ai.request.stream")
	ReasoningEffortKey  = attribute.Key("gen_ai.request.reasoning_effort")
	RequestTierKey      = attribute.Key("gen_ai.request.service_tier")
	OutputTypeKey       = attribute.Key("gen_ai.output.type")
	EncodingFormatsKey  = attribute.Key("gen_ai.request.encoding_formats")
	DimensionsKey       = attribute.Key("gen_ai.embeddings.dimension.count")

	ResponseIDKey       = attribute.Key("gen_ai.response.id")
	ResponseModelKey    = attribute.Key("gen_ai.response.model")
	FinishReasonsKey    = attribute.Key("gen_ai.response.finish_reasons")
	TimeToFirstChunkKey = attribute.Key("gen_ai.response.time_to_first_chunk") // seconds
	ResponseTierKey     = attribute.Key("gen_ai.response.service_tier")

	InputTokensKey         = attribute.Key("gen_ai.usage.input_tokens")
	OutputTokensKey        = attribute.Key("gen_ai.usage.output_tokens")
	TotalTokensKey         = attribute.Key("llm.usage.total_tokens")
	CacheReadTokensKey     = attribute.Key("gen_ai.usage.cache_read.input_tokens")
	CacheReadTokensOldKey  = attribute.Key("gen_ai.usage.cache_read_input_tokens")
	CacheWriteTokensKey    = attribute.Key("gen_ai.usage.cache_write.input_tokens")
	CacheWriteTokens141Key = attribute.Key("gen_ai.usage.cache_creation.input_tokens") // in 1.41 of the conventions
	CacheWriteTokensOldKey = attribute.Key("gen_ai.usage.cache_creation_input_tokens")
	CacheWrite5mTokensKey  = attribute.Key("gen_ai.usage.cache_creation.input_tokens.ephemeral_5m") // Laminar's name
	CacheWrite1hTokensKey  = attribute.Key("gen_ai.usage.cache_creation.input_tokens.ephemeral_1h")
	ReasoningTokensKey     = attribute.Key("gen_ai.usage.reasoning.output_tokens")
	ReasoningTokensOldKey  = attribute.Key("gen_ai.usage.reasoning_tokens")
	AudioInputTokensKey    = attribute.Key("gen_ai.usage.audio.input_tokens")
	AudioInputTokensOldKey = attribute.Key("gen_ai.usage.audio_input_tokens")
	AudioOutputTokensKey   = attribute.Key("gen_ai.usage.audio.output_tokens")
	AudioOutTokensOldKey   = attribute.Key("gen_ai.usage.audio_output_tokens")
	CostKey                = attribute.Key("gen_ai.usage.cost") // US dollars

	SystemInstructionsKey = attribute.Key("gen_ai.system_instructions")
	InputMessagesKey      = attribute.Key("gen_ai.input.messages")
	OutputMessagesKey     = attribute.Key("gen_ai.output.messages")
	ToolDefinitionsKey    = attribute.Key("gen_ai.tool.definitions")

	ToolNameKey        = attribute.Key("gen_ai.tool.name")
	ToolTypeKey        = attribute.Key("gen_ai.tool.type")
	ToolDescriptionKey = attribute.Key("gen_ai.tool.description")
	ToolCallIDKey      = attribute.Key("gen_ai.tool.call.id")
	ToolArgumentsKey   = attribute.Key("gen_ai.tool.call.arguments")
	ToolResultKey      = attribute.Key("gen_ai.tool.call.result")

	RetrievalQueryKey     = attribute.Key("gen_ai.retrieval.query.text")
	RetrievalDocumentsKey = attribute.Key("gen_ai.retrieval.documents") // JSON: an array of {id, score, content, metadata}
	RetrievalTopKKey      = attribute.Key("gen_ai.retrieval.top_k")     // beside gen_ai.request.top_k, its name in 1.41
	DataSourceKey         = attribute.Key("gen_ai.data_source.id")

	AgentNameKey        = attribute.Key("gen_ai.agent.name")
	AgentIDKey          = attribute.Key("gen_ai.agent.id")
	AgentDescriptionKey = attribute.Key("gen_ai.agent.description")
	AgentVersionKey     = attribute.Key("gen_ai.agent.version")

	// Of a model call the conversation in chat form, an array of messages, and the answer, a message or for several
	// choices an array. Of a tool its arguments and its result, of a retrieval the query and the documents.
	SpanInputKey  = attribute.Key("lmnr.span.input")
	SpanOutputKey = attribute.Key("lmnr.span.output")

	ServerAddressKey = attribute.Key("server.address")
	ServerPortKey    = attribute.Key("server.port")
	ErrorTypeKey     = attribute.Key("error.type")
)

// Clew's own keys.
const (
	// TokensPerSecondKey is how fast a streamed answer came, from its first token on.
	TokensPerSecondKey = attribute.Key("clew.llm.output_tokens_per_second")

	// RequestIncompleteKey says why the recorded request is not the whole one; its values are Incomplete constants.
	RequestIncompleteKey = attribute.Key("clew.llm.request.incomplete")

	// ResponseIncompleteKey says why the recorded answer may not be the whole one; its values are Incomplete constants.
	ResponseIncompleteKey = attribute.Key("clew.llm.response.incomplete")
)

// Values of RequestIncompleteKey and ResponseIncompleteKey.
const (
	IncompleteClosed     = "closed_early" // the caller stopped reading
	IncompleteBroken     = "broken_off"   // the connection or the provider stopped sending
	IncompleteCanceled   = "canceled"     // the caller's context was canceled or its deadline passed
	IncompleteLimit      = "over_limit"   // larger than what the capture keeps
	IncompleteUnreadable = "unreadable"   // not in the format that the API is known to speak
)

// Operations that OpenTelemetry names. Others are legal.
const (
	Chat            = "chat"
	GenerateContent = "generate_content"
	TextCompletion  = "text_completion"
	Embeddings      = "embeddings"
	ExecuteTool     = "execute_tool"
	Retrieve        = "retrieval"
	InvokeAgent     = "invoke_agent"
)

// Roles that OpenTelemetry names. Others, such as OpenAI's developer, are kept as they are.
const (
	RoleSystem    = "system"
	RoleUser      = "user"
	RoleAssistant = "assistant"
	RoleTool      = "tool"
)

// requestTypes maps an operation to OpenLLMetry's word for it.
var requestTypes = map[string]string{
	Chat: "chat", GenerateContent: "chat", TextCompletion: "completion", Embeddings: "embedding",
}
