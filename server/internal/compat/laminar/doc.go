// Package laminar answers what Laminar's SDKs ask of Laminar's server beyond
// OTLP, so that a program which uses one needs another address and key and
// nothing else.
//
// What such a call says about spans is translated to OTLP and goes the way of
// everything else: spans as spans, and tags, metadata and scores as log records
// that annotate a span (see [trace.AnnotationEvent]). routes.go is the table of
// what is answered, and of what is refused because this server has no such
// thing. Authorization is not its business: the key is checked before.
package laminar
