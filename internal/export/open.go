package export

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/otlp"
)

// What is said of a span that has not ended, beside what it holds so far; the server's package trace reads it.
const (
	heartbeatKey = attribute.Key("clew.span.heartbeat")          // now, in nanoseconds since 1970
	intervalKey  = attribute.Key("clew.span.heartbeat_interval") // nanoseconds until it is said again; 0: not for now
)

const (
	// sayAfter is how long a span must have been open to be told of: most have ended by then, and cost nothing.
	sayAfter = time.Second
	// maxOpen is how many open spans are followed; those that come when there are more are sent when they end.
	maxOpen = 16384
)

// openSpans follows spans that have not ended.
type openSpans struct {
	every  time.Duration // how often one is told of once it has been
	say    func(s sdktrace.ReadOnlySpan, about ...attribute.KeyValue)
	ending chan struct{} // closed to stop
	ended  chan struct{} // closed when stopped

	mu    sync.Mutex
	spans map[spanKey]*openSpan // nil when stopped
}

type spanKey struct {
	trace trace.TraceID
	span  trace.SpanID
}

type openSpan struct {
	span      sdktrace.ReadOnlySpan
	next      time.Time // when it is to be told of
	suspended bool      // it is not to be told of
}

func followOpen(every time.Duration, say func(sdktrace.ReadOnlySpan, ...attribute.KeyValue)) *openSpans {
	o := &openSpans{every: every, say: say, ending: make(chan struct{}), ended: make(chan struct{}), spans: map[spanKey]*openSpan{}}
	go o.run()
	return o
}

func keyOf(sc trace.SpanContext) spanKey { return spanKey{sc.TraceID(), sc.SpanID()} }

func (o *openSpans) started(s sdktrace.ReadOnlySpan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.spans != nil && len(o.spans) < maxOpen {
		o.spans[keyOf(s.SpanContext())] = &openSpan{span: s, next: time.Now().Add(sayAfter)}
	}
}

func (o *openSpans) finished(s sdktrace.ReadOnlySpan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.spans, keyOf(s.SpanContext()))
}

func (o *openSpans) run() {
	defer close(o.ended)
	tick := time.NewTicker(sayAfter)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			for _, s := range o.due(now) {
				o.tell(s, now, o.every)
			}
		case <-o.ending:
			return
		}
	}
}

// due returns the spans to tell of now. Between this and the telling they may end: then the end, which comes first, beats
// what is said here.
func (o *openSpans) due(now time.Time) (due []sdktrace.ReadOnlySpan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.spans {
		if !s.suspended && !now.Before(s.next) {
			s.next = now.Add(o.every)
			due = append(due, s.span)
		}
	}
	return due
}

// stop tells of all spans that this process leaves open, for the last time.
func (o *openSpans) stop() {
	close(o.ending)
	<-o.ended
	o.mu.Lock()
	left := o.spans
	o.spans = nil
	o.mu.Unlock()
	now := time.Now()
	for _, s := range left {
		o.tell(s.span, now, 0)
	}
}

// tell says that a span is open, and when it will be said again; 0: not for now.
func (o *openSpans) tell(s sdktrace.ReadOnlySpan, now time.Time, again time.Duration) {
	o.say(s, heartbeatKey.Int64(now.UnixNano()), intervalKey.Int64(int64(again)))
}

// suspend tells of a span at once, and then no more if it is suspended. Of those that are told twice about the same time the
// later word holds.
func (o *openSpans) suspend(k spanKey, suspended bool) {
	now, again := time.Now(), o.every
	if suspended {
		again = 0
	}
	o.mu.Lock()
	s := o.spans[k]
	if s != nil {
		s.suspended, s.next = suspended, now.Add(again)
	}
	o.mu.Unlock()
	if s != nil {
		o.tell(s.span, now, again)
	}
}

// Suspend says of an open span that it waits, and nothing more until it ends or waits no longer. A span that is not followed
// stays as it is.
func (p *Pipeline) Suspend(sc trace.SpanContext, suspended bool) {
	if p.open != nil {
		p.open.suspend(keyOf(sc), suspended)
	}
}

// OnStart follows the span, if open spans are sent.
func (p *Pipeline) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	if p.open != nil && s.SpanContext().IsSampled() {
		p.open.started(s)
	}
}

// sayOpen queues what is known of an open span.
func (p *Pipeline) sayOpen(s sdktrace.ReadOnlySpan, about ...attribute.KeyValue) {
	if s.EndTime().IsZero() {
		p.put(s, about...)
	}
}

// put encodes a span, with more attributes, and queues it.
func (p *Pipeline) put(s sdktrace.ReadOnlySpan, more ...attribute.KeyValue) {
	body := p.bodies.Get().(*[]byte)
	*body = otlp.AppendSpan((*body)[:0], s)
	for _, kv := range more {
		*body = otlp.AppendAttribute(*body, kv)
	}
	if err := p.store.put(p.groups.Of(s.Resource(), s.InstrumentationScope()), *body); err != nil {
		p.tally.lose(1, err)
	}
	if cap(*body) <= maxScratch {
		p.bodies.Put(body)
	}
}
