package ingest

import (
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// Defaults of Config.
const (
	defaultMaxBody    = 64 << 20
	defaultMaxPending = 256 << 20
)

// What a span may be. A span outside these is kept where something can be left
// out with a warning, and refused where nothing sensible would remain.
const (
	// maxKey bounds an attribute's key. The attribute is left out and counted
	// in the span's dropped attributes. Values have no bound but the body's.
	maxKey = 4 << 10

	// maxAttributes bounds the attributes of one span, event, link, resource or
	// scope. The rest is left out and counted likewise.
	maxAttributes = 16 << 10

	// maxName bounds the names of spans, events and scopes. The rest is cut off.
	maxName = 8 << 10

	// maxDepth bounds how deep arrays and maps nest within an attribute. A
	// deeper attribute is left out.
	maxDepth = 64

	// maxReasons bounds how many different reasons an answer lists.
	maxReasons = 8
)

// earliest is the first start time that is believed, 1980-01-01. Less is a sender
// that counts in milliseconds or has no clock: shown at its time, a span of
// 1970 would stretch its trace over decades. Such a span is refused.
const earliest = trace.Time(315532800 * int64(time.Second))

// maxAhead is how far a span may lie in the future before it is refused. A
// sender's clock, or this machine's, may be wrong by a lot; its battery does
// not die forwards, so a date beyond this is no clock's error.
const maxAhead = 10 * 366 * 24 * time.Hour

// How long a body may take to arrive. A body that makes no progress for
// idleTimeout, or isn't complete after bodyTimeout, is given up.
const (
	idleTimeout = 15 * time.Second
	bodyTimeout = 2 * time.Minute
)

// One commit takes requests up to these bounds, or one request that is larger.
const (
	maxCommitFacts = 16 << 10
	maxCommitBytes = 32 << 20
)

// patience is for how much of the time that a commit took the next one waits for
// those whom it answered: a quarter, since half the commits do for two senders
// what twice as many would.
const patience = 4

// retryAfter is when a sender is asked to come back after "busy". Commits
// take milliseconds, so a second is long enough.
const retryAfter = time.Second

// retryDisk is the same when the disk is full or takes no writes.
const retryDisk = 5 * time.Second

// quietAfter is for how long memory is kept for the next requests that none of
// them takes.
const quietAfter = 10 * time.Second

// complaintGap is how often a store that refuses is logged.
const complaintGap = 10 * time.Second

// maxZstdWindow bounds a zstd frame's window, which its header asks for. It is
// what RFC 8878 tells decoders to support.
const maxZstdWindow = 8 << 20
