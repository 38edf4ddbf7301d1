package decode

import (
	"slices"
	"strings"

	"github.com/clewhq/clew/propagators"
)

// fields are the header names that some format reads, lower case with dashes.
var fields = func() map[string]bool {
	out := map[string]bool{}
	for _, f := range formats {
		for _, name := range f.Fields {
			out[dashed(name)] = true
		}
	}
	return out
}()

// aliases are other names of a field: those that environments, queues and frameworks give it.
var aliases = map[string]string{
	"lmnr-span-context": "laminar-span-context", // LMNR_SPAN_CONTEXT
	"-x-amzn-trace-id":  "x-amzn-trace-id",      // _X_AMZN_TRACE_ID of a Lambda function
	"awstraceheader":    "x-amzn-trace-id",      // system attribute of an SQS message
}

// prefixes stand before the names of fields in a CGI or WSGI environment, a CloudEvent and a Pub/Sub message.
var prefixes = []string{"http-", "ce-", "googclient-"}

// idNames are the keys of a serialized span context: an object that has one of each is one, whatever it stands in.
var idNames = map[string]byte{"traceId": hasTrace, "trace_id": hasTrace, "spanId": hasSpan, "span_id": hasSpan}

const (
	hasTrace = 1 << iota
	hasSpan
	hasBoth = hasTrace | hasSpan
)

// maxName is longer than any name of a field.
const maxName = 64

// dashed makes one spelling of a name as headers, environments and programs write it.
func dashed(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// fieldOf returns the field that a name stands for, or "".
func fieldOf(name string) string {
	if len(name) > maxName {
		return ""
	}
	name = dashed(name)
	for _, prefix := range append([]string{""}, prefixes...) {
		short, ok := strings.CutPrefix(name, prefix)
		switch alias := aliases[short]; {
		case !ok:
		case fields[short]:
			return short
		case alias != "" && fields[alias]:
			return alias
		case slices.ContainsFunc(formats, func(f propagators.Format) bool { return prefixed(&f, short) }):
			return short
		}
	}
	return ""
}

// readBy reports whether f reads a field.
func readBy(f *propagators.Format, field string) bool {
	return prefixed(f, field) || slices.ContainsFunc(f.Fields, func(name string) bool { return dashed(name) == field })
}

// prefixed reports whether a field is one of those that f knows by the beginning of their names only.
func prefixed(f *propagators.Format, field string) bool {
	return f.Prefix != "" && len(field) > len(f.Prefix) && strings.HasPrefix(field, f.Prefix)
}

// guess returns the field that a bare text was most likely the value of, by its shape, or "". It is asked only about
// texts that no format takes, so that there is something to say what is wrong.
func guess(text string) string {
	hexBefore := func(sep string) int {
		before, _, ok := strings.Cut(text, sep)
		if !ok || strings.Trim(before, "0123456789abcdefABCDEF") != "" {
			return -1
		}
		return len(before)
	}
	switch colons := max(strings.Count(text, ":"), strings.Count(strings.ToUpper(text), "%3A")); {
	case len(text) < 4 || len(text) > 4<<10 && text[0] != '{':
		return ""
	case text[0] == '{' || strings.HasPrefix(text, `"{`) || strings.HasPrefix(text, "%7B") || strings.HasPrefix(text, "eyJ"):
		return "x-laminar-span-context"
	case strings.ContainsAny(text, " \t\r\n"):
		return ""
	case text[2] == '-' && strings.Count(text, "-") >= 2 && len(text) > 24:
		return "traceparent"
	case strings.Contains(text, "Root=") || strings.Contains(text, "Self="):
		return "x-amzn-trace-id"
	case colons >= 2 && len(text) > 16:
		return "uber-trace-id"
	case hexBefore("-") >= 8:
		return "b3"
	}
	return ""
}
