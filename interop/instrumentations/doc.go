// Package instrumentations has models asked by programs that other people's
// instrumentations of model clients record - OpenLLMetry, OpenInference, Langfuse
// and Vercel's AI SDK, as published - and reads back through the API what clew
// made of it. The provider is a stand-in that speaks the wire format.
package instrumentations
