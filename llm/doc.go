// Package llm is the vocabulary of a model call: what was asked of which model, what it answered, and what that used.
//
// A [Call] is the whole of it. [Attributes] writes one as span attributes, [Decode] reads one back. To record a call
// that no instrumentation sees, start a span of type LLM and give it the attributes:
//
//	ctx, span := clew.Start(ctx, "chat gpt-4o", clew.LLM)
//	defer span.End()
//	// … call the model …
//	span.SetAttributes(llm.Attributes(call)...)
//
// A [ToolRun], a [Retrieval] and an [AgentRun] are recorded the same way, around what they stand for.
//
// What can be unknown is a pointer, and nil means unknown: a count of 0 is a fact, and nobody should be told that a
// call used no tokens because its provider did not say. In Go 1.26 new(int64(12)) makes one.
//
// # What is written
//
// The attributes are those of OpenTelemetry's conventions for generative AI, constants of this package. Where servers in
// use still read an older name, both are written, with the same value:
//
//	provider          gen_ai.provider.name, gen_ai.system
//	operation         gen_ai.operation.name, llm.request.type
//	cache read        gen_ai.usage.cache_read.input_tokens, gen_ai.usage.cache_read_input_tokens
//	cache write       gen_ai.usage.cache_write.input_tokens, gen_ai.usage.cache_creation.input_tokens,
//	                  gen_ai.usage.cache_creation_input_tokens
//	… of 5 m and 1 h  gen_ai.usage.cache_creation.input_tokens.ephemeral_5m, ….ephemeral_1h
//	reasoning         gen_ai.usage.reasoning.output_tokens, gen_ai.usage.reasoning_tokens
//	audio             gen_ai.usage.audio.input_tokens, gen_ai.usage.audio_input_tokens, and the same of output
//	total             llm.usage.total_tokens
//
// gen_ai.usage.input_tokens includes what was read from and written to a cache, gen_ai.usage.output_tokens what was spent
// on reasoning. gen_ai.response.time_to_first_chunk is in seconds. Clew's own are clew.llm.request.incomplete
// and clew.llm.response.incomplete, which say why a recorded body is not whole, and clew.llm.output_tokens_per_second, how
// fast a stream came.
//
// Messages are written twice, in OpenTelemetry's role/parts form (gen_ai.system_instructions, gen_ai.input.messages,
// gen_ai.output.messages) and in the chat form that Laminar's UI shows as a conversation (lmnr.span.input,
// lmnr.span.output). Call.WithoutContent leaves both out.
package llm
