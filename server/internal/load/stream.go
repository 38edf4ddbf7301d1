package load

import "container/heap"

// Batch is one request.
type Batch struct {
	Body  []byte // an ExportTraceServiceRequest
	Spans []Span
}

// made is an encoded span.
type made struct {
	span    Span
	end     int64
	service int
	body    []byte
}

// Stream makes spans in the order in which they end, as their processes would
// send them.
type Stream struct {
	traces  *generator
	next    int // trace
	waiting byEnd
}

// NewStream returns a stream that begins with the first trace.
func NewStream(c Config) *Stream { return &Stream{traces: newGenerator(c.withDefaults())} }

// Next makes a request of the next n spans. Traces under way after it are not whole.
func (s *Stream) Next(n int) Batch {
	batch := make([]*made, 0, n)
	for len(batch) < n {
		start := s.traces.Begin(s.next).UnixNano()
		if len(s.waiting) > 0 && s.waiting[0].end < start {
			batch = append(batch, heap.Pop(&s.waiting).(*made))
			continue
		}
		for _, m := range s.traces.trace(s.next, start) {
			heap.Push(&s.waiting, m)
		}
		s.next++
	}
	return join(batch)
}

type byEnd []*made

func (h byEnd) Len() int           { return len(h) }
func (h byEnd) Less(i, j int) bool { return h[i].end < h[j].end }
func (h byEnd) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byEnd) Push(x any)        { *h = append(*h, x.(*made)) }
func (h *byEnd) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}

// join makes a request of spans, one resource a service.
func join(spans []*made) (b Batch) {
	size := 0
	for _, m := range spans {
		size += len(m.body) + 8
	}
	b.Body = make([]byte, 0, size+len(Services)*256)
	b.Spans = make([]Span, 0, len(spans))
	for service, name := range Services {
		scoped := message(nil, 1, str(nil, 1, "agent-sdk"))
		size := len(scoped)
		for _, m := range spans {
			if m.service == service {
				size += sizeOf(2, len(m.body))
			}
		}
		if size == len(scoped) {
			continue
		}
		var resource []byte
		for _, kv := range [][2]string{{"service.name", name}, {"service.version", "1.4.2"}, {"deployment.environment", "production"}, {"telemetry.sdk.language", "go"}} {
			resource = text(resource, 1, kv[0], kv[1])
		}
		b.Body = header(b.Body, 1, sizeOf(1, len(resource))+sizeOf(2, size))
		b.Body = message(b.Body, 1, resource)
		b.Body = append(header(b.Body, 2, size), scoped...)
		for _, m := range spans {
			if m.service == service {
				b.Body = message(b.Body, 2, m.body)
				b.Spans = append(b.Spans, m.span)
			}
		}
	}
	return b
}
