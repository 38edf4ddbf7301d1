package propagators

import (
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// mirascope is the session id of Mirascope's ops module. Its code writes the first header, its guides name the second;
// both are read and written.
var mirascope = Format{
	Name:      "mirascope",
	Fields:    mirascopeNames,
	Inherited: true,
	NoSpan:    true,
	read: func(in []Values, _ []Member) (Carried, *Refusal) {
		var out Carried
		for i, v := range in {
			id := strings.Trim(v.first, " \t")
			switch f := sessionHeader(id); {
			case id == "" || id == out.Session: // an empty header leaves the session as it is
			case f.bad():
				out.Refused = append(out.Refused, f.refuse("mirascope", "session", 0))
			case out.Session == "":
				out.Session = strings.Clone(id)
			default:
				detail := mirascopeNames[i] + " names another session than " + mirascopeNames[0]
				out.Refused = append(out.Refused, fault{ReasonRepeated, detail}.refuse("mirascope", "session", -1))
			}
		}
		return out, nil
	},
	write: func(out outgoing, c propagation.TextMapCarrier) {
		if out.Session != "" && !sessionHeader(out.Session).bad() {
			for _, name := range mirascopeNames {
				c.Set(name, out.Session)
			}
		}
	},
}

var mirascopeNames = []string{"mirascope-session-id", "x-mirascope-session-id"}

// sessionHeader tells why an id cannot stand in a header.
func sessionHeader(id string) fault {
	if len(id) > MaxID {
		return fault{ReasonTooLong, "is longer than 1 KiB"}
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return fault{ReasonEncoding, "is not printable ASCII"}
		}
	}
	return fault{}
}
