// Package clewhttp connects traces over HTTP with net/http on both sides.
//
// [Handler] continues the trace that a request names, in any format Clew reads, and runs the handler inside a server
// span. [Transport] puts the current trace into outgoing requests and makes a client span of each.
//
//	mux := http.NewServeMux()
//	mux.HandleFunc("GET /users/{id}", user)
//	server := &http.Server{Handler: clewhttp.Handler(mux)}
//
//	client := &http.Client{Transport: clewhttp.Transport(nil, clewhttp.AllowHosts("*.svc.example.com"))}
//
// # Who learns what
//
// Every host gets a W3C traceparent: it holds random ids and nothing else. Session, user, metadata and the names of
// spans travel in Laminar's header, and only to hosts of your own: this machine (loopback addresses) and those that
// AllowHosts names. So a call to a model provider or to a customer's webhook tells it nothing about your users, and
// services on other machines join the session once they are named.
//
// Handler believes what it receives. In front of strangers use Extraction(clew.IDsOnly), which takes ids only.
//
// # What is recorded
//
// Spans are named by method and route ("GET /users/{id}") when a http.ServeMux decides the route, and by method alone
// otherwise, and carry OpenTelemetry's HTTP attributes. Neither headers nor bodies are recorded; credentials are taken
// out of URLs. A server span ends when the handler returns, a client span when the response body is read to its end or
// closed, so streaming keeps its length.
package clewhttp
