package propagators

import "fmt"

// Reason is the kind of a refusal, for programs to switch on. Refusal.Detail has the particulars, for people.
type Reason string

// The reasons there are.
const (
	ReasonEmpty     Reason = "empty"          // there is nothing but white space
	ReasonUnknown   Reason = "unknown_format" // it looks like none of the enabled formats
	ReasonSyntax    Reason = "syntax"         // the format's grammar does not allow it
	ReasonEncoding  Reason = "encoding"       // a URL, base64 or UTF-8 encoding is broken
	ReasonMissing   Reason = "missing"        // a part that the format requires is not there
	ReasonZeroID    Reason = "zero_id"        // an id of zeros names nothing
	ReasonVersion   Reason = "version"        // a version that the format forbids
	ReasonType      Reason = "type"           // a JSON value of the wrong type
	ReasonValue     Reason = "value"          // a value that is not one of those allowed, or contradicts another
	ReasonTooLong   Reason = "too_long"       // over one of the caps
	ReasonTooMany   Reason = "too_many"       // over one of the caps
	ReasonTooDeep   Reason = "too_deep"       // nested over the cap
	ReasonRepeated  Reason = "repeated"       // there twice where there must be one
	ReasonOverruled Reason = "overruled"      // another header of the same format decides
	ReasonUnsigned  Reason = "unsigned"       // a signature was asked for, and there is none
	ReasonSignature Reason = "signature"      // the signature is not by one of the keys
)

// Refusal says why a received context, or one optional field of it, was not used. It is an error, but nothing on a
// request's path returns it.
type Refusal struct {
	Format string // name in the table; "" when the text looks like none of them
	Field  string // the optional field that was left out; "" when the whole context was refused
	Reason Reason
	Detail string // what is wrong, in words
	Offset int    // byte offset into the decoded text; -1 when there is no single place
}

// Error tells the refusal in words.
func (r *Refusal) Error() string {
	format := r.Format
	if format == "" {
		format = "span"
	}
	what := format + " context refused"
	if r.Field != "" {
		what = fmt.Sprintf("%s context: field %s left out", format, r.Field)
	}
	if r.Offset >= 0 {
		return fmt.Sprintf("%s: %s (byte %d)", what, r.Detail, r.Offset)
	}
	return what + ": " + r.Detail
}

// fault is what a parser of one part finds wrong; the zero value is nothing.
type fault struct {
	reason Reason
	detail string
}

func (f fault) bad() bool { return f.reason != "" }

// about puts the name of the part before the detail.
func (f fault) about(part string) fault {
	if f.bad() {
		f.detail = part + " " + f.detail
	}
	return f
}

func (f fault) refuse(format, field string, offset int) *Refusal {
	return &Refusal{Format: format, Field: field, Reason: f.reason, Detail: f.detail, Offset: offset}
}
