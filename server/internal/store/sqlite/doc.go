// Package sqlite is the embedded engine: one SQLite file in WAL mode, written
// with synchronous=FULL, through a pure Go build of SQLite. One connection
// writes, a few read; readers see a snapshot and never wait for the writer.
//
// # Layout
//
//   - frames: one trace's part of one commit. The outline of a frame holds the
//     narrow part of its spans, about 45 bytes each; the body holds the rest,
//     compressed together. Of two versions of a span the later frame's counts.
//     There is no row a span.
//   - messages: long texts and the elements of JSON arrays in them are stored
//     once a trace, in the frame that brought them, and those that several traces
//     have once for all, here; message_traces says who refers to them.
//   - traces: the summary of each trace, exact after every commit. no is a small
//     number that stands for the 16-byte id everywhere else and is never used
//     again.
//   - vals: services, names, types, users, sessions, providers, models, each once;
//     facets says which traces have a span with one of them.
//   - session_traces, sessions: what each session is in each of its traces, and
//     in all.
//   - services: first and last start and the number of spans of each service.
//   - resources, scopes: what many spans share, stored once, found by hash.
//   - events: events that were sent apart from their span.
//   - hints: the spans that have a hint (see trace.Hints), by its hash.
//   - segments, blocks: the index of words and attributes, see below.
//
// # Writing
//
// Append cuts texts into messages before it waits for the writer. Then it looks
// up what each trace has (state.go keeps that in memory for the traces that were
// written last), makes frames and the index on all processors, and writes them
// in one transaction. Summaries are kept by difference, so the cost of a commit
// doesn't grow with the traces that it touches; a version that replaces another
// in a way that can't be told from the two alone makes the trace be read again.
//
// # Index
//
// Each commit adds a segment: sorted terms (terms.go says which), each with the
// numbers of the traces that have it. Of fields and attributes it is known which
// spans of a trace have them (places.go), so that what must be true of one span
// is found by intersecting; a message is indexed once a trace. Upkeep merges
// eight or more segments of a level into one of the next; until then the blocks of
// the last commits are in memory too. candidates (search.go) says for
// a condition of the query language which traces and spans may meet it, and
// whether that is certain; what isn't certain is decided by the condition's own
// Match on those spans, of which a sieve (sieve.go) lets only those pass whose
// stored texts have the words. The lists of fields, which filters ask for again and
// again, stay in memory (kept.go); one list after the other leaves less of what is
// asked for, the rarest first (gathering.go). A list of traces (walk.go) goes by
// their numbers and reads rows only once it knows that they are in it.
//
// # Upkeep
//
// In the background, in short transactions between commits: an index that a
// migration dropped is made anew (reindex.go), segments are merged, traces that
// have been quiet are rewritten into one frame, resources and scopes that no span
// has any more are deleted (unused.go), and free pages go back to the disk, while
// spans arrive only when they are many. Only one goroutine does so; a crash leaves
// the old or the new.
package sqlite
