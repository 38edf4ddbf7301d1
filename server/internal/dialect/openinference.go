package dialect

// openInference reads Arize's convention: everything indexed is flattened into
// numbered keys. Its counts are totals.
var openInference = dialect{
	name: "openinference",
	words: []string{
		"openinference", "llm", "input", "output", "embedding", "retrieval", "reranker", "tool", "tool_call", "metadata", "tag", "agent", "graph",
		"annotations", "evaluations",
	},
	rules: append([]rule{
		kindIn("openinference.span.kind"),
		from(provider, "llm.provider", "llm.system"),
		from(responseModel, "llm.response.model_name"),
		from(requestModel, "llm.request.model_name", "llm.model_name", "embedding.model_name", "reranker.model_name"),
		{field: input, how: "put together from numbered keys", make: numbered("llm.input_messages.")},
		{field: output, how: "put together from numbered keys", make: numbered("llm.output_messages.")},
		{field: output, how: "put together from numbered keys", make: numbered("retrieval.documents.")},
		{field: output, how: "put together from numbered keys", make: numbered("reranker.output_documents.")},
		{field: tools, how: "put together from numbered keys", make: numbered("llm.tools.")},
		from(inputTokens, "llm.token_count.prompt"),
		from(outputTokens, "llm.token_count.completion"),
		from(cacheRead, "llm.token_count.prompt_details.cache_read"),
		from(cacheWrite, "llm.token_count.prompt_details.cache_write"),
		from(audioInput, "llm.token_count.prompt_details.audio"),
		from(audioOutput, "llm.token_count.completion_details.audio"),
		from(reasoning, "llm.token_count.completion_details.reasoning"),
		from(givenCost, "llm.cost.total"),
		from(inputCost, "llm.cost.prompt"),
		from(outputCost, "llm.cost.completion"),
		from(tags, "tag.tags"),
		from(finishReasons, "llm.finish_reason"),
		from(toolName, "tool.name"),
		from(toolCallID, "tool.id", "tool_call.id"),
		from(agentName, "agent.name"),
		from(promptName, "prompt.id", "prompt.url"),
		from(promptVersion, "llm.prompt_template.version"),
	}, lastResorts(
		from(input, "tool.parameters", "reranker.query"),
		rule{field: input, how: "put together from numbered keys", make: numbered("llm.prompts.")},
		rule{field: output, how: "put together from numbered keys", make: numbered("llm.choices.")},
		from(input, "input.value"),
		from(output, "output.value"),
		from(tools, "tool.json_schema"),
	)...),
	metadata:   []string{"metadata"},
	parameters: []string{"llm.invocation_parameters", "embedding.invocation_parameters"},
}
