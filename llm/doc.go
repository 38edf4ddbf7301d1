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
// What can be unknown is a pointer, and nil means unknown: a count of 0 is a fact, and nobody should be told that a
// call used no tokens because its provider did not say. In Go 1.26 new(int64(12)) makes one.
//
// The attributes are those of OpenTelemetry's conventions for generative AI. Where servers in use still read an older
// name, both are written; keys.go lists them. Messages are written twice, in OpenTelemetry's role/parts form and in the
// chat form that Laminar's UI shows as a conversation. Call.WithoutContent leaves both out.
package llm
