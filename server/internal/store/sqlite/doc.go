// Package sqlite is the embedded engine: one SQLite file in WAL mode, written
// with synchronous=FULL, through a pure Go build of SQLite. One connection
// writes, a few read; readers see a snapshot and never wait for the writer.
//
// # Layout
//
// This is the plain layout, one row a span:
//
//   - traces: the summary of each trace, exact after every commit. no is a small
//     number that stands for the 16-byte id in the other tables.
//   - spans: the narrow row of each span, all that an outline needs, clustered by
//     trace, so that a trace is one range of pages.
//   - bodies: attributes, events, links, input, output and metadata of a span,
//     encoded and compressed. An outline, a summary or a filter by columns never
//     reads them.
//   - events: events that were sent apart from their span. They stay apart for
//     good and join the span on reading, so that what a span's process said of it
//     can still be merged exactly with a later version.
//   - resources, scopes: what many spans share, stored once, found by hash.
//   - facets: which traces have a span with this service, name, type or user.
//   - session_traces: what each session is in each of its traces; sessions adds
//     these up, so that listing sessions looks at no span.
//   - services: first and last start and the number of spans of each service.
//   - hints: the spans that have a hint (see trace.Hints).
//
// # Indexes
//
//   - traces_by_id: from a trace id to its number.
//   - traces_by_start: the order of the trace list; it holds the end too, so that
//     a time range is decided without the row.
//   - traces_by_low64: traces whose ids share their low 64 bits.
//   - sessions_by_end: the order of the session list.
//   - events_of_span: the loose events of a span, and that each is kept once.
//
// The rest are the clustered keys of the tables: spans (trace, then identity),
// facets (field, value, trace), session_traces (session, trace), hints (hint,
// start, span).
//
// # Writing
//
// Append compresses bodies before it waits for the writer. Then, for each trace
// it touches, it reads the trace's narrow rows, merges, computes the summary
// with trace.Summarize, and writes what differs; a re-sent batch writes nothing.
// So the cost of a commit grows with the size of the traces that it touches.
package sqlite
