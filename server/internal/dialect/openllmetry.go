package dialect

// openLLMetry reads what Traceloop's instrumentations write beside the older
// GenAI attributes, whose numbered messages it brought about.
var openLLMetry = dialect{
	name:  "openllmetry",
	words: []string{"traceloop", "llm"},
	rules: append([]rule{
		kindIn("traceloop.span.kind"),
		{field: spanType, how: "as the type of that operation", keys: []string{"llm.request.type"}, read: operationType},
		from(session, "traceloop.association.properties.session_id", "traceloop.association.properties.thread_id",
			"traceloop.association.properties.conversation_id", "traceloop.association.properties.chat_id"),
		from(user, "traceloop.association.properties.user_id", "llm.user"),
		from(responseModel, "llm.response.model"),
		from(inputTokens, "llm.usage.prompt_tokens"),
		from(outputTokens, "llm.usage.completion_tokens"),
		from(cacheRead, "llm.usage.cache_read_input_tokens"),
		from(cacheWrite, "llm.usage.cache_creation_input_tokens"),
		from(reasoning, "llm.usage.reasoning_tokens"),
		from(finishReasons, "llm.response.finish_reason", "llm.response.stop_reason"),
		{field: tools, how: "put together from numbered keys", make: numbered("llm.request.functions.")},
		from(promptName, "traceloop.prompt.key"),
		from(promptVersion, "traceloop.prompt.version", "traceloop.prompt.version_name"),
		from(promptID, "traceloop.prompt.version_hash"),
	}, lastResorts(
		from(provider, "traceloop.association.properties.ls_provider"),
		from(requestModel, "traceloop.association.properties.ls_model_name"),
		from(toolName, "traceloop.tool.name"),
		from(input, "traceloop.entity.input"),
		from(output, "traceloop.entity.output"),
	)...),
	metadata:   []string{"traceloop.association.properties."},
	parameters: []string{"llm.chat."},
}
