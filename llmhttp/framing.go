package llmhttp

import (
	"iter"
	"slices"
)

// event is one message of a stream.
type event struct {
	kind string // what the frame around the data calls it; "" where frames say nothing
	data []byte // in the memory of the stream
}

// scanner cuts a stream into events. It is given all of the stream that has come so far, every time, and goes on where it
// stopped.
type scanner interface {
	// next returns the next event that has come whole.
	next(body []byte) (e event, ok bool)

	// rest returns, when no more will come, what follows the last whole event and may be one: some servers leave the end
	// of the last one out, and of a stream that broke off inside an event the parser refuses what it can't read.
	rest(body []byte) (e event, ok bool)
}

// framing is a way to put events into a stream.
type framing struct {
	media   []string // the content types that announce it
	scanner func() scanner

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

// events yields the events of a stream that is over.
func (f *framing) events(body []byte) iter.Seq[event] {
	return func(yield func(event) bool) {
		s := f.scanner()
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
