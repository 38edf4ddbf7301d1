package propagators

import (
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Limits of W3C Trace Context, level 2, section 3.3.
const (
	maxStateMembers = 32
	maxStateKey     = 256
	maxStateValue   = 256

	// MaxTraceState is how many bytes of tracestate are looked at: twice as many as the longest valid one has, because
	// there may be white space.
	MaxTraceState = 2 * maxStateMembers * (maxStateKey + 1 + maxStateValue + 1)
)

// joinTraceState makes one tracestate of all fields of that name, in order, and checks it. A list with one bad member
// is refused whole, which is what the official test suite asks for. Of a key that comes twice the first is kept.
func joinTraceState(fields Values) (joined string, f fault) {
	var members []string
	whole := fields.n == 1 // the text can be kept as it is
	size := 0
	fields.each(func(field string) bool {
		if size += len(field) + 1; size > MaxTraceState {
			f = fault{ReasonTooLong, "longer than any valid one"}
			return false
		}
		for member := range strings.SplitSeq(field, ",") {
			full := len(member)
			member = strings.Trim(member, " \t")
			whole = whole && len(member) == full
			if member == "" {
				whole = false
				continue
			}
			key, value, found := strings.Cut(member, "=")
			switch {
			case !found:
				f = fault{ReasonSyntax, "a member has no ="}
			case !stateKey(key):
				f = fault{ReasonSyntax, "a key is not allowed"}
			case !stateValue(value):
				f = fault{ReasonSyntax, "a value is not allowed"}
			case hasStateKey(members, key):
				whole = false
				continue
			case len(members) == maxStateMembers:
				f = fault{ReasonTooMany, "more than 32 members"}
			}
			if f.bad() {
				return false
			}
			members = append(members, member)
		}
		return true
	})
	switch {
	case f.bad() || len(members) == 0:
		return "", f
	case whole:
		return fields.first, f
	}
	return strings.Join(members, ","), f
}

func hasStateKey(members []string, key string) bool {
	for _, m := range members {
		if len(m) > len(key) && m[len(key)] == '=' && m[:len(key)] == key {
			return true
		}
	}
	return false
}

func stateKey(key string) bool {
	if key == "" || len(key) > maxStateKey {
		return false
	}
	for i := range len(key) {
		c := key[i]
		letterOrDigit := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letterOrDigit && (i == 0 || !strings.ContainsRune("_-*/@", rune(c))) {
			return false
		}
	}
	return true
}

func stateValue(value string) bool {
	if value == "" || len(value) > maxStateValue || value[len(value)-1] == ' ' {
		return false
	}
	for i := range len(value) {
		if c := value[i]; c < 0x20 || c > 0x7e || c == ',' || c == '=' {
			return false
		}
	}
	return true
}

// outgoingTraceState is the received text, unless somebody in this process changed the trace state: then the members
// they set come first and the rest of the received ones follow, 32 at most.
func outgoingTraceState(current trace.TraceState, received string) string {
	if current.Len() == 0 {
		return received
	}
	own := current.String()
	if received == "" || received == own {
		return own
	}
	if parsed, err := trace.ParseTraceState(received); err == nil && parsed.String() == own {
		return received
	} else if err == nil {
		return own // OpenTelemetry's type held the whole of it, so what is missing was deleted on purpose
	}
	members := strings.Split(own, ",")
	for member := range strings.SplitSeq(received, ",") {
		key, _, _ := strings.Cut(member, "=")
		if len(members) < maxStateMembers && !hasStateKey(members, key) {
			members = append(members, member)
		}
	}
	return strings.Join(members, ",")
}
