package clew

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// Unsampled says which spans of traces that are not sampled are sent all the same; see KeepUnsampled.
type Unsampled struct {
	SlowerThan time.Duration // a span that takes longer keeps the others; 0 if only failures do
	Spans      int           // how many may wait; 0 for 10,000
	Bytes      int64         // how much memory they may take, roughly; 0 for 32 MiB
}

const (
	defaultUnsampledSpans = 10_000
	defaultUnsampledBytes = 32 << 20
	unsampledShare        = 10 // one trace may take a tenth of either, so that one that never ends does not take it all
)

// KeepUnsampled records the spans of traces that are not sampled too, and holds them until the trace's local root has ended:
// the span whose parent is none, or in another process. If one of them has failed or was slow, they are sent, each marked
// with the attribute clew.sampling.kept, "error" or "slow"; else they are forgotten. What does not fit is left out, and counted
// on the local root in clew.sampling.left_out.
//
// This covers the spans of this process only: others have decided for themselves, and the decision that goes on with the
// context stays. It costs what recording costs, for every trace. Spans below LevelOff are not kept.
func KeepUnsampled(u Unsampled) Option {
	return setupOption(func(c *setupConfig) {
		filled := Unsampled{max(u.SlowerThan, 0), cmp.Or(max(u.Spans, 0), defaultUnsampledSpans), cmp.Or(max(u.Bytes, 0), defaultUnsampledBytes)}
		c.unsampled = &filled
	})
}

// What is written on spans that are sent though their trace was not sampled.
const (
	keyKept    = attribute.Key("clew.sampling.kept")
	keyLeftOut = attribute.Key("clew.sampling.left_out")
	keptError  = "error"
	keptSlow   = "slow"
)

// recordingSampler records what next would drop, without sampling it.
type recordingSampler struct{ next sdktrace.Sampler }

func (s recordingSampler) Description() string { return "KeepUnsampled{" + s.next.Description() + "}" }

func (s recordingSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	r := s.next.ShouldSample(p)
	if r.Decision == sdktrace.Drop && !isOff(p.ParentContext) {
		r.Decision = sdktrace.RecordOnly
	}
	return r
}

// keeper hands sampled spans on to other processors, and others when their trace turns out to be worth it.
type keeper struct {
	Unsampled
	to []sdktrace.SpanProcessor

	mu     sync.Mutex
	trails map[trace.TraceID]*trail
	spans  int // that wait in all trails
	bytes  int64
}

// trail is what this process knows of a trace that is not sampled.
type trail struct {
	roots, open int // local roots and spans that have not ended
	why         string
	decided     bool
	kept        bool
	waiting     []sdktrace.ReadOnlySpan
	bytes       int64
	leftOut     int
}

func newKeeper(u Unsampled, to []sdktrace.SpanProcessor) *keeper {
	return &keeper{Unsampled: u, to: to, trails: map[trace.TraceID]*trail{}}
}

func isLocalRoot(s sdktrace.ReadOnlySpan) bool { return !s.Parent().IsValid() || s.Parent().IsRemote() }

func (k *keeper) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if s.SpanContext().IsSampled() {
		for _, p := range k.to {
			p.OnStart(ctx, s)
		}
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.trails[s.SpanContext().TraceID()]
	if t == nil {
		if !isLocalRoot(s) || len(k.trails) >= k.Spans {
			return
		}
		t = &trail{}
		k.trails[s.SpanContext().TraceID()] = t
	}
	if isLocalRoot(s) {
		t.roots++
		t.decided = false // another entry into the same trace; what made the first worth keeping stays
	}
	t.open++
}

func (k *keeper) OnEnd(s sdktrace.ReadOnlySpan) {
	if s.SpanContext().IsSampled() {
		k.send(s)
		return
	}
	for _, kept := range k.end(s) {
		k.send(kept)
	}
}

func (k *keeper) send(s sdktrace.ReadOnlySpan) {
	for _, p := range k.to {
		p.OnEnd(s)
	}
}

// end notes that a span has ended and returns those that are to be sent now.
func (k *keeper) end(s sdktrace.ReadOnlySpan) (kept []sdktrace.ReadOnlySpan) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := s.SpanContext().TraceID()
	t := k.trails[id]
	if t == nil { // it was started after its trace was decided
		return nil
	}
	t.open--
	switch {
	case s.Status().Code == codes.Error:
		t.why = keptError
	case t.why == "" && k.SlowerThan > 0 && s.EndTime().Sub(s.StartTime()) > k.SlowerThan:
		t.why = keptSlow
	}
	root := isLocalRoot(s)
	if root {
		t.roots--
	}
	if t.decided { // it outlived the local root
		if t.kept {
			kept = []sdktrace.ReadOnlySpan{keptSpan{s, t.why, 0}}
		}
	} else {
		k.hold(t, s, root)
		if t.roots <= 0 {
			kept = k.decide(t)
		}
	}
	if t.open <= 0 && t.decided {
		delete(k.trails, id)
	}
	return kept
}

// hold lets a span wait, if there is room. For a local root there always is.
func (k *keeper) hold(t *trail, s sdktrace.ReadOnlySpan, root bool) {
	size := roughSize(s)
	full := k.spans >= k.Spans || k.bytes+size > k.Bytes || len(t.waiting) >= k.Spans/unsampledShare || t.bytes+size > k.Bytes/unsampledShare
	if full && !root {
		t.leftOut++
		return
	}
	t.waiting = append(t.waiting, s)
	t.bytes += size
	k.spans++
	k.bytes += size
}

// decide empties a trail and returns what is to be sent.
func (k *keeper) decide(t *trail) (kept []sdktrace.ReadOnlySpan) {
	if t.kept = t.why != ""; t.kept {
		kept = make([]sdktrace.ReadOnlySpan, len(t.waiting))
		for i, s := range t.waiting {
			leftOut := 0
			if isLocalRoot(s) {
				leftOut, t.leftOut = t.leftOut, 0
			}
			kept[i] = keptSpan{s, t.why, leftOut}
		}
	}
	k.spans -= len(t.waiting)
	k.bytes -= t.bytes
	t.waiting, t.bytes, t.decided = nil, 0, true
	return kept
}

// isOff reports whether nothing is to be recorded below ctx.
func isOff(ctx context.Context) bool {
	state := inherit.From(ctx)
	return state != nil && state.Level == levelOff
}

// roughSize is about how much memory a span takes.
func roughSize(s sdktrace.ReadOnlySpan) int64 {
	const span, attr = 512, 48
	size := int64(span)
	count := func(attrs []attribute.KeyValue) {
		for _, kv := range attrs {
			size += attr
			switch kv.Value.Type() {
			case attribute.STRING:
				size += int64(len(kv.Value.AsString()))
			case attribute.STRINGSLICE:
				for _, text := range kv.Value.AsStringSlice() {
					size += int64(len(text))
				}
			}
		}
	}
	count(s.Attributes())
	for _, e := range s.Events() {
		count(e.Attributes)
	}
	return size
}

func (k *keeper) ForceFlush(ctx context.Context) error {
	var errs []error
	for _, p := range k.to {
		errs = append(errs, p.ForceFlush(ctx))
	}
	return errors.Join(errs...)
}

func (k *keeper) Shutdown(ctx context.Context) error {
	var errs []error
	for _, p := range slices.Backward(k.to) {
		errs = append(errs, p.Shutdown(ctx))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.trails)
	k.spans, k.bytes = 0, 0
	return errors.Join(errs...)
}

// keptSpan is a span that is sent though its trace was not sampled.
type keptSpan struct {
	sdktrace.ReadOnlySpan
	why     string
	leftOut int
}

func (s keptSpan) SpanContext() trace.SpanContext {
	sc := s.ReadOnlySpan.SpanContext()
	return sc.WithTraceFlags(sc.TraceFlags().WithSampled(true))
}

func (s keptSpan) Attributes() []attribute.KeyValue {
	attrs := append(slices.Clip(s.ReadOnlySpan.Attributes()), keyKept.String(s.why))
	if s.leftOut > 0 {
		attrs = append(attrs, keyLeftOut.Int(s.leftOut))
	}
	return attrs
}
