package ingest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/trace"
)

// What decoded things occupy besides their text, charged to the request's
// reservation: an attribute of two bytes becomes a hundred.
const (
	spanSize      = int64(unsafe.Sizeof(trace.Span{}))
	attributeSize = int64(unsafe.Sizeof(trace.Attribute{}))
	valueSize     = int64(unsafe.Sizeof(trace.Value{}))
	eventSize     = int64(unsafe.Sizeof(trace.Event{}))
	linkSize      = int64(unsafe.Sizeof(trace.Link{}))
	sharedSize    = int64(unsafe.Sizeof(trace.Resource{}) + unsafe.Sizeof(trace.Scope{}))
)

// batch is what one request's body decodes to.
type batch struct {
	facts   []trace.Fact
	items   int // spans or records seen
	refused int // of them, refused
	dropped int // of them, valid and of no use here

	refusals, warnings notes

	deriver derive.Deriver

	now    trace.Time
	grow   func(n int64) error // reserves memory; its error ends the decoding
	failed error               // first error of grow
}

// charge reserves n bytes and reports whether decoding may go on.
func (b *batch) charge(n int64) bool {
	if b.failed == nil {
		b.failed = b.grow(n)
	}
	return b.failed == nil
}

// reject counts a refused item. what names it for its sender.
func (b *batch) reject(what string, err error) {
	b.refused++
	kind := "decode"
	if r, ok := errors.AsType[*refusal](err); ok {
		kind = r.kind
	}
	b.refusals.add(kind, func() string { return what + ": " + err.Error() })
}

// warn notes that something was left out or replaced.
func (b *batch) warn(kind, format string, args ...any) {
	b.warnings.add(kind, func() string { return fmt.Sprintf(format, args...) })
}

// message is the error_message of OTLP's partial success, "" when there is
// nothing to say. noun is "spans" or "log records".
func (b *batch) message(noun string) string {
	var parts []string
	if b.refused > 0 {
		parts = append(parts, fmt.Sprintf("refused %d of %d %s: %s", b.refused, b.items, noun, b.refusals))
	}
	if len(b.warnings) > 0 {
		parts = append(parts, "warning: "+b.warnings.String())
	}
	return strings.Join(parts, "; ")
}

// clean returns s as valid UTF-8. Protobuf demands it and some senders don't
// check; the rest of the span is still worth keeping.
func (b *batch) clean(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	b.warn("utf8", "text that is not UTF-8 was replaced by U+FFFD where it is broken, first in %.60q", s)
	return strings.ToValidUTF8(s, "\uFFFD")
}

// name returns s as valid UTF-8 of at most maxName bytes.
func (b *batch) name(s string) string {
	s = b.clean(s)
	if len(s) <= maxName {
		return s
	}
	b.warn("name", "name of %d bytes was cut to %d: %.40q…", len(s), maxName, s)
	n := maxName
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// keep appends kv to list, or counts it in dropped when it is out of bounds.
func (b *batch) keep(list trace.Attributes, kv trace.Attribute, deep bool, dropped *uint32) trace.Attributes {
	switch {
	case deep:
		b.warn("depth", "attribute %.80q was left out: it nests deeper than %d", kv.Key, maxDepth)
	case len(kv.Key) > maxKey:
		b.warn("key", "attribute was left out: its key has %d bytes, more than %d: %.40q…", len(kv.Key), maxKey, kv.Key)
	case len(list) >= maxAttributes:
		b.warn("attributes", "attributes beyond the first %d of one list were left out", maxAttributes)
	default:
		return append(list, kv)
	}
	if *dropped < math.MaxUint32 {
		*dropped++
	}
	return list
}

// derive fills the derived part of the facts from the n-th on, and drops those
// that their sender wants nobody to keep. It runs when their resource is
// complete, which may follow its spans.
func (b *batch) derive(n int) {
	kept := n
	for _, f := range b.facts[n:] {
		if !derive.Permitted(f.Span) {
			b.dropped++
			continue
		}
		b.deriver.Derive(f.Span)
		b.facts[kept] = f
		kept++
	}
	clear(b.facts[kept:])
	b.facts = b.facts[:kept]
}
