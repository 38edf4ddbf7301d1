// Package clients holds llmhttp against the Go clients that people use for models: each real client makes its calls
// through the transport to a stand-in that speaks its provider's wire format, whole answers and streams, tool calls,
// errors and retries.
//
// It is a module of its own, so that nobody else loads these clients. To add one, write its file and add its line to
// the table in clients_test.go; 'make clients' runs it.
package clients
