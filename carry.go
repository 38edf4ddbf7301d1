package clew

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
	"github.com/clewhq/clew/propagators"
)

// Carried is what a serialized context says.
type Carried = propagators.Carried

// Refusal says why a received context, or one field of it, was not used.
type Refusal = propagators.Refusal

// ExtractOption configures Continue and Extract.
type ExtractOption interface{ applyExtract(*extractConfig) }

// Refusal reasons, policies and the rest of a receiver's vocabulary are those of package propagators.
type (
	// Reason is the kind of a refusal.
	Reason = propagators.Reason

	// Policy says what to do with a context that was received; the constants are ExtractOptions.
	Policy propagators.Policy
)

// The policies. PolicyContinue is the default. The span that continues a context, or begins a trace in spite of one,
// says in the attribute clew.context.policy which it was. A Policy that is none of these, such as one with a spelling
// mistake from a configuration, is told to OpenTelemetry's error handler and treated as PolicyRestart: somebody meant to be
// careful.
const (
	PolicyContinue = Policy(propagators.Continue) // use it
	PolicyRestart  = Policy(propagators.Restart)  // begin a new trace with a link to the sender; take nothing else from it
	PolicyIgnore   = Policy(propagators.Ignore)   // as if nothing had been received
	PolicyResample = Policy(propagators.Resample) // use it, but decide here whether to sample, see ContextSampler
)

func (p Policy) applyExtract(c *extractConfig) {
	switch p {
	case "", PolicyContinue, PolicyRestart, PolicyIgnore, PolicyResample:
	default:
		unknownPolicy.Do(func() {
			otel.Handle(fmt.Errorf("clew: no policy is called %q: there are %q, %q, %q, %q; contexts are received with %q",
				string(p), PolicyContinue, PolicyResample, PolicyRestart, PolicyIgnore, PolicyRestart))
		})
		p = PolicyRestart
	}
	c.trust.Policy = propagators.Policy(p)
}

// unknownPolicy keeps a mistake from being told with every request.
var unknownPolicy sync.Once

type signedByOption [][]byte

func (o signedByOption) applyExtract(c *extractConfig) {
	if c.trust.Keys = append(c.trust.Keys, o...); len(c.trust.Keys) == 0 {
		c.trust.Keys = [][]byte{nil} // which signs nothing
	}
}

// SignedBy makes Continue and Extract believe nothing but contexts that SerializeSigned made with one of the keys;
// several are for the time in which a key is replaced. Without any key nothing is believed.
func SignedBy(keys ...[]byte) ExtractOption { return signedByOption(keys) }

type extractConfig struct {
	trust propagators.Trust
}

func newExtractConfig(opts []ExtractOption) extractConfig {
	if len(opts) == 0 {
		return extractConfig{}
	}
	return *extractConfigOf(opts)
}

func extractConfigOf(opts []ExtractOption) *extractConfig {
	var c extractConfig
	for _, o := range opts {
		if o != nil {
			o.applyExtract(&c)
		}
	}
	return &c
}

type idsOnlyOption struct{}

func (idsOnlyOption) applyExtract(c *extractConfig) { c.trust.IDsOnly = true }

// IDsOnly makes Continue and Extract take nothing but the ids, flags and trace state: no session, user, metadata, path
// or baggage. It is for contexts from senders that should not be believed.
var IDsOnly idsOnlyOption

// Serialize returns the current span's context as text for a header, a message or a database column, in Laminar's
// format: JSON in ASCII, 8 KB at most. Inside a continued context without a span of its own it is that context, passed
// on. Without a valid span it is "".
func Serialize(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	return propagators.WriteLaminar(propagators.Current(ctx))
}

// SerializeSigned is Serialize for a context that comes back through the hands of strangers. What is added to the text
// is told at propagators.SignLaminar; every reader of Laminar's format can still read it. The key may have any length, of
// which 32 random bytes are enough; with an empty one nothing is signed.
func SerializeSigned(ctx context.Context, key []byte) string {
	return propagators.SignLaminar(Serialize(ctx), key)
}

// Continue returns a context whose next span is a child of the serialized one. It reads Laminar's JSON in either key
// style, also when it was quoted, URL- or base64-encoded on its way, a W3C traceparent, and the strings of B3's single
// header and Jaeger's. Session, user, metadata and path that it carries are inherited.
//
// It cannot fail: from a text that cannot be used, ctx goes on as if there had been none, and Refusals tells why.
func Continue(ctx context.Context, serialized string, opts ...ExtractOption) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return everyFormat().Continue(ctx, serialized, newExtractConfig(opts).trust)
}

// Deserialize tells what a serialized context says, for tools and tests; programs use Continue. The error is a *Refusal.
func Deserialize(serialized string) (Carried, error) {
	c, refusal := everyFormat().Parse(serialized)
	if refusal != nil {
		return Carried{}, refusal
	}
	return c, nil
}

// Inject writes the current span's context into a carrier, in the formats that ContextFormats names, session, user and
// metadata included: give it only carriers that go to systems of your own. propagators.Header and propagators.Map are carriers.
func Inject(ctx context.Context, c propagation.TextMapCarrier) {
	if ctx != nil {
		activeFormats().Inject(ctx, c)
	}
}

// InjectIDs writes the current span's context in the formats that hold nothing but ids, for destinations that must not
// learn session, user, metadata and span names.
func InjectIDs(ctx context.Context, c propagation.TextMapCarrier) {
	if ctx != nil {
		activeFormats().IDsOnly().Inject(ctx, c)
	}
}

// Extract returns a context whose next span is a child of the one that c names, in whatever format. It looks at every
// format; the first valid one in the order of package propagators decides. Like Continue it cannot fail.
func Extract(ctx context.Context, c propagation.TextMapCarrier, opts ...ExtractOption) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return activeFormats().ExtractWith(ctx, c, newExtractConfig(opts).trust)
}

// Refusals tells why something of the context last received was not used. It is empty when all was well. The next
// started span shows the same as events.
func Refusals(ctx context.Context) []Refusal {
	if ctx == nil {
		return nil
	}
	return propagators.Refusals(ctx)
}

// WithSession puts what is started from the returned context into a session: several traces that belong together, such
// as the turns of a conversation. An empty id makes a random one; one over 1 KiB does not leave the process. Neither do
// the attributes, which are set on each of these spans.
func WithSession(ctx context.Context, id string, attrs ...attribute.KeyValue) context.Context {
	return inheriting(ctx, sayingSession(id, attrs))
}

func sayingSession(id string, attrs []attribute.KeyValue) func(*inherit.Association) {
	attrs = slices.Clone(attrs)
	return func(a *inherit.Association) {
		a.Session, a.SessionAttrs = id, attrs
		if id == "" {
			a.Session = randomUUID()
		}
	}
}

// WithUser names the user whom everything started from the returned context is for. An id over 1 KiB does not leave the
// process.
func WithUser(ctx context.Context, id string) context.Context {
	return inheriting(ctx, func(a *inherit.Association) { a.User = id })
}

// WithMetadata adds metadata to every span started from the returned context; a key that is there is replaced. To other
// processes goes what the 8 KB of a serialized context have room for.
func WithMetadata(ctx context.Context, kv ...attribute.KeyValue) context.Context {
	return inheriting(ctx, func(a *inherit.Association) { a.Metadata = inherit.Merge(a.Metadata, kv) })
}

// SetSession is WithSession for a span that runs: it and everything started under it from now on belong to the session, but
// where a context says otherwise since. It is how a handler tells whose request it turned out to be, with CurrentSpan.
// Children that run already, and what is started under them, stay as they are.
func (s *Span) SetSession(id string, attrs ...attribute.KeyValue) { s.say(sayingSession(id, attrs)) }

// SetUser is WithUser for a span that runs, as SetSession is WithSession.
func (s *Span) SetUser(id string) { s.say(func(a *inherit.Association) { a.User = id }) }

// SetMetadata is WithMetadata for a span that runs, as SetSession is WithSession.
func (s *Span) SetMetadata(kv ...attribute.KeyValue) {
	s.say(func(a *inherit.Association) { a.Metadata = inherit.Merge(a.Metadata, kv) })
}

func (s *Span) say(change func(*inherit.Association)) {
	if s.none() || s.own != nil && !s.own.IsRecording() || s.state.Level == levelOff || !s.state.Position.Of(s.otel.SpanContext()) {
		return
	}
	more := s.state.Position.Say(s.state.Handed, change)
	switch own, ok := s.otel.(*tracer.Span); {
	case !s.recording():
	case ok:
		own.SetInherited(more...)
	default:
		s.otel.SetAttributes(more...)
	}
}

// SessionFrom returns the session that spans started from ctx belong to.
func SessionFrom(ctx context.Context) (id string, ok bool) {
	s := inherited(ctx)
	return s.Session, s.Session != ""
}

// UserFrom returns the user whom spans started from ctx are for.
func UserFrom(ctx context.Context) (id string, ok bool) {
	s := inherited(ctx)
	return s.User, s.User != ""
}

// MetadataFrom returns the metadata of spans started from ctx. The slice is the caller's.
func MetadataFrom(ctx context.Context) []attribute.KeyValue {
	return slices.Clone(inherited(ctx).Metadata)
}

func inheriting(ctx context.Context, change func(*inherit.Association)) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	s := inherit.From(ctx).Copy()
	s.Change(change)
	return inherit.With(ctx, s)
}

func inherited(ctx context.Context) inherit.State {
	if ctx == nil {
		return *inherit.New()
	}
	return inherit.Resolve(ctx, trace.SpanContextFromContext(ctx))
}

// randomUUID is a version 4 UUID.
func randomUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
