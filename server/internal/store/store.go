// Package store defines where spans are kept: the Store interface with its
// contract. Engines live in the folders below, import this package and never
// each other; package storetest holds the suite that every engine passes, and
// package memory is the oracle the others are compared with.
package store

import (
	"context"
	"errors"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// Errors that callers test for.
var (
	// ErrNotFound: no such trace, span or session.
	ErrNotFound = errors.New("not found")
	// ErrCursor: the cursor was not made by this listing.
	ErrCursor = errors.New("malformed cursor")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrFull: there is no room. What is stored can be read, and the same call
	// may be made again once there is.
	ErrFull = errors.New("the disk is full: make room on it, and lower --max-size or --retention")
	// ErrUnwritable: the disk takes no writes. What is stored can be read, and the
	// same call may be made again when it does.
	ErrUnwritable = errors.New("the disk can't be written: look whether it is mounted read-only, and at the system's log")
	// ErrDamaged: what the disk gives back isn't what was written.
	ErrDamaged = errors.New("the store's file is damaged: stop the server, see what 'clew check' says, and restore a backup with 'clew restore'")
)

// Store keeps facts about spans and answers from them. All methods are safe for
// concurrent use. What a method returns belongs to the caller, but a Span's
// Resource and Scope are shared and must not be changed.
//
// Reads see every Append that returned before they began. A method whose context
// is done returns its error. Lists are in the order that is stated, or in any
// order; a limit below 1 is an empty list, but for a Page's, which is then 1.
type Store interface {
	// Append adds facts. When it returns nil they are durable: a crash or a
	// power cut at any later moment loses none. When it returns an error none
	// of them was added, and the same facts may be appended again. Appending a
	// fact again changes nothing (see [trace.Merge]). A Happened fact may come
	// before its span does; of several spans that share its span id it joins
	// the first by [trace.Compare]. Facts are validated by the caller: ids are
	// not zero, Start is set, Resource and Scope are not nil, Derived is
	// filled, with no negative number, and Metadata holds what encoding/json decodes
	// to, or int64. An empty list, map or string need not come back as the
	// kind of empty that it was. When it has returned it keeps nothing of the
	// spans, not a string: their memory may be used again.
	Append(ctx context.Context, facts []trace.Fact) error

	// Delete removes everything about the traces with these ids, loose events
	// included, and what only they had: messages, values, entries of indexes.
	// Reads that begin afterwards don't see them; space comes back in time. Ids
	// that are not known are passed over. When it returns an error, the receipt
	// says what went before. A fact that arrives later begins its trace anew.
	Delete(ctx context.Context, ids ...trace.TraceID) (Receipt, error)

	// Idle lists traces whose last activity (a summary's Start and End) was
	// before t, the longest ago first, at most limit.
	Idle(ctx context.Context, t trace.Time, limit int) ([]trace.TraceID, error)

	// Outline returns all spans of a trace in the order of [trace.Compare],
	// without bodies: Attributes, Events, Links, Input, Output, Metadata,
	// CostFrom, Again and Resource.Attributes may be missing, everything else is
	// there, the tags of annotations included.
	// ErrNotFound when no span of the trace is known.
	Outline(ctx context.Context, id trace.TraceID) ([]*trace.Span, error)

	// Spans returns whole spans of a trace in the order of [trace.Compare]: those
	// with the given ids (every span that shares one), or all when none is
	// given. ErrNotFound when there is no such span.
	Spans(ctx context.Context, id trace.TraceID, spans ...trace.SpanID) ([]*trace.Span, error)

	// Summaries returns the summaries of those traces that are known, in any
	// order. They equal [trace.Summarize] of the trace's spans.
	Summaries(ctx context.Context, ids ...trace.TraceID) ([]trace.Summary, error)

	// Traces lists the traces that f selects (see [query.Filter.Match]) by
	// descending Start, then descending id, or as p.Sort says. Next is "" on the
	// last page. What grows while a list is paged by it moves in the list.
	Traces(ctx context.Context, f query.Filter, p query.Page) (items []trace.Summary, next string, err error)

	// Search lists the spans that f selects by descending Start, then in the
	// order of [SpanCursor], or as p.Sort says.
	Search(ctx context.Context, f query.Filter, p query.Page) (items []Found, next string, err error)

	// Scan returns the spans that f selects, trace after trace in the order of
	// Traces and within a trace in that of [trace.Compare]: all that a trace has,
	// until there are p.Limit or more, and without bodies unless whole. p.Sort is
	// not heeded. It is for whoever wants every span.
	Scan(ctx context.Context, f query.Filter, p query.Page, whole bool) (spans []*trace.Span, next string, err error)

	// Sessions lists the sessions that f selects by descending End, then
	// ascending id, or as p.Sort says. A session's User is that of the earliest span which has
	// one; of two that start at once, the one in the trace of lower id.
	Sessions(ctx context.Context, f query.Filter, p query.Page) (items []trace.SessionSummary, next string, err error)

	// Session returns the summary of one session: the spans that carry its id.
	// ErrNotFound when there are none.
	Session(ctx context.Context, id string) (trace.SessionSummary, error)

	// Aggregate adds up the spans that f selects (see [query.Filter.MatchSpan])
	// and that started in [From, To): a span counts once, at its start. The
	// table is that of [measure.Tabulate], quantiles within 1 %; its axis is
	// [measure.Grouping.Axis] with the first and the last start of all spans.
	// What is too much is a [measure.ErrBuckets] or [measure.ErrValues].
	Aggregate(ctx context.Context, f query.Filter, g measure.Grouping) (measure.Table, error)

	// Values lists distinct values of a field that begin with prefix, in
	// ascending order, at most limit. The empty value is not listed.
	Values(ctx context.Context, field Field, prefix string, limit int) ([]string, error)

	// Services returns what is known of those of the named services that have
	// sent at least one span.
	Services(ctx context.Context, names ...string) ([]Service, error)

	// Sharing returns the traces, id excepted, whose ids have the same low 64
	// bits as id, ascending, at most limit.
	Sharing(ctx context.Context, id trace.TraceID, limit int) ([]trace.TraceID, error)

	// Hinted returns spans of traces other than except that have one of the
	// given hints (see [trace.Hints]) and started in [from, to], oldest first,
	// at most limit. Of several hints the spans of each are returned, a span
	// once a hint. Spans that start at once are in order of trace id, then
	// [trace.Compare], then hint.
	Hinted(ctx context.Context, except trace.TraceID, hints []string, from, to trace.Time, limit int) ([]Hinted, error)

	// Stats returns what the store holds.
	Stats(ctx context.Context) (Stats, error)

	// Close waits for running calls, then frees the store's resources. Calls
	// after Close fail with ErrClosed.
	Close() error
}

// Field names a column that Values can list.
type Field string

// The fields of Values.
const (
	FieldService Field = "service"
	FieldName    Field = "name"
	FieldType    Field = "type"
	FieldSession Field = "session"
	FieldUser    Field = "user"
)

// Fields is every Field.
var Fields = []Field{FieldService, FieldName, FieldType, FieldSession, FieldUser}

// Service is what the store knows of one service.
type Service struct {
	Name      string
	First     trace.Time // start of its earliest span
	Last      trace.Time // start of its latest span
	SpanCount int
}

// Hinted is a span found by a hint. Span is an outline span, whose annotations
// may be missing.
type Hinted struct {
	Hint string
	Span *trace.Span
}

// Found is a span of a listing. Span is an outline span; Twin says which of the
// spans of its trace that share its id it is, from 0, in the order of
// [trace.Compare].
type Found struct {
	Span *trace.Span
	Twin int
}

// Stats counts what a store holds.
type Stats struct {
	Spans, Traces int64
	Bytes         int64 // on disk; 0 for memory
	Free          int64 // of Bytes, what will be used again or given back
}

// Receipt counts what a deletion removed.
type Receipt struct {
	Traces, Spans int64
	Events        int64 // that were sent apart from their spans
	Messages      int64 // stored texts that nothing else refers to; 0 where texts aren't stored apart
}

// Add adds what another deletion removed.
func (r *Receipt) Add(more Receipt) {
	r.Traces += more.Traces
	r.Spans += more.Spans
	r.Events += more.Events
	r.Messages += more.Messages
}
