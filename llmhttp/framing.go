package llmhttp

import (
	"iter"
	"slices"
)

// event is one message of a stream.
type event struct {
	kind string // what the frame around the data calls it; "" where frames say nothing
	data []byte

	// Where another frame, the same but for other data in the data's place, would be an event with that, this is all that the
	// scanner went over since it was between two events, and at is where in it the data begins; else nil. The other data has
	// no line break and begins and ends with the same bytes.
	frame []byte
	at    int
}

// scanner cuts a stream into events. It is given all of the stream that has come so far, every time, and goes on where it
// stopped.
type scanner interface {
	// next returns the next event that has come whole.
	next(body []byte) (e event, ok bool)

	// rest returns, when no more will come, what follows the last whole event and may be one: some servers leave the end
	// of the last one out, and of a stream that broke off inside an event the parser refuses what it can't read.
	rest(body []byte) (e event, ok bool)

	// where returns up to where the stream has been read, and skip goes on from there past frames that another has read.
	// It must be between two events.
	where() int
	skip(n int)
}

// cursor is where a scanner stands.
type cursor struct{ pos int }

func (c *cursor) where() int { return c.pos }
func (c *cursor) skip(n int) { c.pos += n }

// framing is a way to put events into a stream.
type framing struct {
	media   []string // the content types that announce it
	scanner func() scanner

	// tail returns a place between two events near the end of a stream that is over, with n events or a few less behind it;
	// nil if only reading a stream from its beginning finds one.
	tail func(body []byte, n int) int

	// object says that a stream may begin with {, as an answer in one piece does. Where it may, what was asked for tells
	// them apart if the content type doesn't.
	object bool
}

// framings is the table of all framings.
var framings = []*framing{sse, jsonLines, jsonArray, eventStream}

// framingOf returns the framing that a content type announces, nil for an answer in one piece.
func framingOf(media string) *framing {
	for _, f := range framings {
		if slices.Contains(f.media, media) {
			return f
		}
	}
	return nil
}

// last returns the last n events of a stream that is over, or all if there are fewer.
func (f *framing) last(body []byte, n int) []event {
	from := 0
	if f.tail != nil {
		from = f.tail(body, n)
	}
	last := lastOf(f.eventsFrom(body, from), n)
	if len(last) < n && from > 0 {
		last = lastOf(f.events(body), n)
	}
	return last
}

// lastOf keeps no more than n: a stream can have a million.
func lastOf(events iter.Seq[event], n int) []event {
	last := make([]event, 0, n)
	for e := range events {
		if len(last) == n {
			last = append(last[:0], last[min(1, n):]...)
		}
		if n > 0 {
			last = append(last, e)
		}
	}
	return last
}

// events yields the events of a stream that is over.
func (f *framing) events(body []byte) iter.Seq[event] { return f.eventsFrom(body, 0) }

// eventsFrom yields those from a place between two on.
func (f *framing) eventsFrom(body []byte, from int) iter.Seq[event] {
	return func(yield func(event) bool) {
		s := f.scanner()
		s.skip(from)
		for e, ok := s.next(body); ok; e, ok = s.next(body) {
			if !yield(e) {
				return
			}
		}
		if e, ok := s.rest(body); ok {
			yield(e)
		}
	}
}
