// Package modeltest stands in for model providers in tests: what their APIs send,
// byte for byte, whole and as streams, and a handler that answers with it. It is
// for programs that call a provider over HTTP, in whatever language.
package modeltest
