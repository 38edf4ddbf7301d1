// Package export sends ended spans: a [Pipeline] takes each when it ends, encodes it at once, keeps the bytes in a bounded
// queue and hands them to a [Sender] in batches.
//
//	OnEnd ─► encode ─► queue (memory, or a spool on disk) ─► batch ─► Sender ─► 200
//	                     └ full: the span is counted as lost         └ not now: again, later
//
// Nothing here blocks its caller without bound, panics or retains a span. What is lost is counted, by reason; told to the
// logger once an outage; in the errors of Flush and Shutdown; and on the next span that is sent, as [DroppedKey].
//
// A batch that could not be sent waits for its next try while others are sent: one that a server cannot swallow does not
// stop the rest. When two batches in a row fail the endpoint is taken to be away, and tries follow with growing pauses.
// The spool keeps the order instead, one batch at a time.
package export
