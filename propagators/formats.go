package propagators

import "go.opentelemetry.io/otel/propagation"

// Format is one way to write a span context, or something that travels with it, down.
type Format struct {
	// Name is the one OTEL_PROPAGATORS uses, where it has one.
	Name string

	// Fields are the header names the format reads, lower case. It writes some of them.
	Fields []string

	// Prefix begins the names of further fields, one for each entry of the sender's baggage; "" if there are none.
	Prefix string

	// Default says that the format is written when nobody chose formats. All are read then.
	Default bool

	// Inherited says that the format carries session, user, metadata or baggage and nothing else, so it is written only
	// where those may go.
	Inherited bool

	// NoSpan says that the format has something to write even outside any span.
	NoSpan bool

	// Alike are formats that are read where this one is chosen.
	Alike []string

	// Looks recognises a bare string of this format by its first bytes; nil if the format has no such form.
	Looks func(text string) bool

	// Parse reads a bare string that Looks recognised.
	Parse func(text string) (Carried, *Refusal)

	// read makes of the values of Fields, in their order, what they say. A part that is not there is not an error; the
	// function is not called when nothing is.
	read func(in []Values, prefixed []Member) (Carried, *Refusal)

	// write puts a context into a carrier.
	write func(out outgoing, c propagation.TextMapCarrier)
}

// Formats is the table of every format, in order of precedence: the first one that is valid in a carrier decides ids
// and flags. To add a format, write its file and add its line here; docs/adding tells how.
var Formats = []Format{
	traceContext,
	laminar,
	b3Single,
	b3Multi,
	jaeger,
	mirascope,
	w3cBaggage,
}
