package sqlite

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

// randomEntry has each part of an entry or not.
func randomEntry(r *rand.Rand) entry {
	some := func() bool { return r.IntN(2) == 0 }
	s := &trace.Span{Start: trace.Time(r.Int64() >> r.IntN(63)), Kind: trace.Kind(r.IntN(6)), Status: trace.Status(r.IntN(3))}
	en := entry{span: s, resource: r.Int64N(300), scope: r.Int64N(300)}
	for i := range s.ID {
		s.ID[i] = byte(r.IntN(256))
	}
	for i := range en.nos {
		en.nos[i] = r.Int64N(1 << r.IntN(20))
	}
	if some() {
		s.ParentID = s.ID
	}
	if some() {
		s.End = s.Start + trace.Time(r.Int64N(1e12))
	}
	for _, n := range []**int64{&s.InputTokens, &s.OutputTokens} {
		if some() {
			tokens := r.Int64N(1e6)
			*n = &tokens
		}
	}
	if some() {
		cost := trace.Money(r.Int64N(1e9))
		s.Cost = &cost
	}
	if s.IsError = some(); s.IsError {
		s.StatusMessage, s.TraceState, s.Tags = "failed", "a=1", []string{"one", "two"}
		s.Flags, s.DroppedLinks = r.Uint32(), r.Uint32()
	}
	for range r.IntN(3) {
		en.hints = append(en.hints, r.Int64()-r.Int64())
	}
	return en
}

func TestAnEntryIsCopiedAsItWouldBeEncoded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		var entries []entry
		for range 1 + r.IntN(5) {
			entries = append(entries, randomEntry(r))
		}
		var e encoder
		e.outline(entries, nil)
		d := decoder{buf: string(e.buf)}
		_ = d.sharedOf()
		var got, want encoder
		var from, to trace.Time // the starts before, in the outline and in its copy
		for range d.count() {
			var en rawEntry
			d.rawEntry(&en, from)
			if r.IntN(3) > 0 { // some are left out
				got.rawEntry(&en, to)
				want.entry(&entries[0], to)
				if id := entries[0].span.Identity(); en.spanKey != (spanKey{id.ID, entries[0].nos[fieldService], id.Kind, id.Start}) {
					t.Fatalf("the entry of %+v is said to be that of %+v", id, en.spanKey)
				}
				to = en.start
			}
			from, entries = en.start, entries[1:]
		}
		if err := d.end(); err != nil || !bytes.Equal(got.buf, want.buf) {
			t.Fatalf("%v: copied\n%x, want\n%x", err, got.buf, want.buf)
		}
	}
}
