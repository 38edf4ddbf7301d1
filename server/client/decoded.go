package client

// Decoded is what a pasted text holds: the span contexts in it, in the order of
// the text.
type Decoded struct {
	Contexts      []DecodedContext `json:"contexts"`
	More          bool             `json:"more"` // there are more than were looked at
	Disagreements []Disagreement   `json:"disagreements"`
	Store         StoreAnswer      `json:"store"`
}

// StoreAnswer says whether somebody looked for the contexts among the stored
// traces. If nobody did, Stored is nil in all of them.
type StoreAnswer struct {
	Asked  bool   `json:"asked"`
	Reason string `json:"reason"` // why not; "" when it was asked
}

// DecodedContext is one span context that was found.
type DecodedContext struct {
	Format  string         `json:"format"`  // tracecontext, laminar, …
	Valid   bool           `json:"valid"`   // it was not refused as a whole
	Carrier int            `json:"carrier"` // what came in one request, message or environment has the same number
	Times   int            `json:"times"`   // how often the text has exactly this
	Fields  []DecodedField `json:"fields"`  // what it was read from

	TraceID      *DecodedID     `json:"trace_id"` // nil when there is none
	SpanID       *DecodedID     `json:"span_id"`
	Flags        []string       `json:"flags"` // sampled, not_sampled, sampled_by_default, deferred, debug, random
	TraceState   string         `json:"trace_state"`
	Path         []string       `json:"path"`
	IDsPath      []string       `json:"ids_path"`
	SessionID    string         `json:"session_id"`
	UserID       string         `json:"user_id"`
	Metadata     map[string]any `json:"metadata"`
	Baggage      []BaggageEntry `json:"baggage"`
	TraceType    string         `json:"trace_type"`
	TracingLevel string         `json:"tracing_level"`

	Problems    []DecodeProblem `json:"problems"`
	Effect      string          `json:"effect"`      // what a receiver does: continue, join, link, ignore, new_trace
	Explanation string          `json:"explanation"` // the same as a sentence

	Stored *StoredContext `json:"stored"` // nil when the store was not asked, or there is no id to ask for
}

// DecodedField is one header, variable, key or bare text.
type DecodedField struct {
	Name      string       `json:"name"`      // as written; "" for a bare text
	Value     string       `json:"value"`     // as a receiver gets it, clipped to 8 KiB
	Encodings []string     `json:"encodings"` // what it is wrapped in, outermost first: json_string, url, base64
	At        TextPosition `json:"at"`        // of the value
}

// DecodedID is an id in the forms that tools show it in.
type DecodedID struct {
	Hex     string `json:"hex"`
	UUID    string `json:"uuid"`    // a span id padded with zeros, as Laminar writes it
	Decimal string `json:"decimal"` // the low 64 bits
	B3      string `json:"b3"`      // the low 64 bits in hex
	XRay    string `json:"xray"`    // of a trace id, as AWS X-Ray writes it; "" of a span id, which it writes in hex
}

// BaggageEntry is one member of W3C baggage or of Jaeger's.
type BaggageEntry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// DecodeProblem is one thing that is wrong with a context.
type DecodeProblem struct {
	Reason  string        `json:"reason"`  // syntax, zero_id, missing, too_long, …: the SDK's reason of a refusal
	Field   string        `json:"field"`   // the field that is not used; "" when nothing of the context is
	Message string        `json:"message"` // what is wrong, in words
	At      *TextPosition `json:"at"`      // nil when there is no single place
}

// TextPosition is a place in the pasted text.
type TextPosition struct {
	Offset int `json:"offset"` // in bytes, from 0
	Line   int `json:"line"`   // from 1
	Column int `json:"column"` // in characters, from 1
}

// Disagreement is something that two contexts of one text say differently.
type Disagreement struct {
	Kind     string `json:"kind"`     // trace_id, span_id, sampled, session_id, user_id
	Contexts []int  `json:"contexts"` // places in Contexts; the first one decides
	Message  string `json:"message"`
}

// StoredContext is what the store has of a context.
type StoredContext struct {
	Trace   *TraceSummary `json:"trace"`   // nil when no span of the trace was received
	Spans   []SpanOutline `json:"spans"`   // the parent span; several when they share the id
	Sharing []string      `json:"sharing"` // other traces whose ids have the same low 64 bits
	Link    string        `json:"link"`    // path of the page that shows it, or ""
}
