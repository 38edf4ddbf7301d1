// Package ingest receives telemetry: OTLP over HTTP (protobuf and JSON) and over
// gRPC, on any [http.ServeMux], so that one port serves all of it.
//
// A request goes through body.go (encoding, size, time), otlpproto.go or
// otlpjson.go (decoding), span.go or record.go (each span or log record judged
// alone), package derive (the derived view) and commit.go (one transaction for
// all that waits). It is answered when its spans are durable, or with an error
// that says what to do. signals.go is the table of what is received where.
//
// Everything here comes from strangers. What is refused, and what is only
// reported, is written down in limits.go. The unit of refusal is the span: a
// bad one is counted in OTLP's partial success with its reason and takes no
// other with it. Only a body whose framing is broken, so that spans can't be
// told apart, is refused as a whole, and then nothing of it is stored.
//
// Memory is bounded by Config.MaxPending over all requests together: each
// reserves what it reads and decodes before it does, and one that doesn't fit
// is told to come back (503 with Retry-After, UNAVAILABLE with RetryInfo).
package ingest
