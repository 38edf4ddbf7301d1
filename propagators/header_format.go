package propagators

import "go.opentelemetry.io/otel/propagation"

// HeaderFormat makes a format of one header that is not in the table: that of a library which the SDK does not depend on.
// Give it to Propagator.With, or to clew.MoreFormats.
//
// parse reads the header's value, which is not empty; what does not name a parent is a Carried that is not Valid. write
// returns the value for a valid context, or "" to write none.
func HeaderFormat(name, header string, parse func(value string) (Carried, *Refusal), write func(Carried) string) Format {
	return Format{
		Name:   name,
		Fields: []string{header},
		read: func(in []Values, _ []Member) (Carried, *Refusal) {
			return parse(in[0].first)
		},
		write: func(out outgoing, c propagation.TextMapCarrier) {
			if value := write(out.whole()); value != "" {
				c.Set(header, value)
			}
		},
		Parse: parse,
	}
}

// find looks the fields of a format that is not in the table up.
func (f *Format) find(c propagation.TextMapCarrier) (in []Values, ok bool) {
	in = make([]Values, len(f.Fields))
	for i, field := range f.Fields {
		in[i].set(values(forgiving(c), field))
		ok = ok || in[i].n > 0 && in[i].first != ""
	}
	return in, ok
}
