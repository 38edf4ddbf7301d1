package continuity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clewhq/clew/server/internal/trace"
)

// maxQuoted bounds, in bytes, what a text repeats of a stranger's names.
const maxQuoted = 80

// cut shortens a stranger's text at a character boundary and makes it one line.
func cut(s string) string {
	if len(s) > maxQuoted {
		n := maxQuoted
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r != '…' && !strconv.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
}

func quote(s string) string { return `"` + cut(s) + `"` }

// name is a service's name in a text.
func name(service string) string {
	if service == "" {
		return "unknown_service"
	}
	return cut(service)
}

// describe names a span: its kind, if it says one, name and id.
func describe(s *trace.Span) string {
	what := "Span "
	if s.Kind > trace.KindInternal && s.Kind <= trace.KindConsumer {
		what = strings.ToUpper(s.Kind.String()[:1]) + s.Kind.String()[1:] + " span "
	}
	return what + quote(s.Name) + " (" + spanID(s.ID) + ")"
}

func spanID(id trace.SpanID) string {
	if id.IsZero() {
		return "0000000000000000"
	}
	return id.String()
}

// maker says who made a span: SDK and instrumentation, as far as is known.
func maker(s *trace.Span) string {
	var sdk string
	if s.Resource != nil {
		as := s.Resource.Attributes
		words := []string{as.Text("telemetry.sdk.name"), as.Text("telemetry.sdk.language"), as.Text("telemetry.sdk.version")}
		sdk = cut(strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	if source := s.Attributes.Text("lmnr.span.instrumentation_source"); sdk == "" && source != "" {
		sdk = cut(strings.TrimSpace("Laminar " + source + " " + s.Attributes.Text("lmnr.span.sdk_version")))
	}
	var scope string
	if s.Scope != nil && s.Scope.Name != "" {
		scope = "instrumentation " + cut(strings.TrimSpace(s.Scope.Name+" "+s.Scope.Version))
	}
	switch {
	case sdk != "" && scope != "":
		return "SDK " + sdk + " with " + scope
	case sdk != "":
		return "SDK " + sdk
	default:
		return scope
	}
}

// clock is a time of day with its date, to the millisecond.
func clock(t trace.Time) string { return t.Std().Format("2006-01-02 15:04:05.000 UTC") }

// after says how much later something was.
func after(d trace.Time) string {
	switch {
	case d < 0:
		return duration(-d) + " earlier"
	case d == 0:
		return "at the same time"
	default:
		return duration(d) + " later"
	}
}

// duration is a length of time with about three digits.
func duration(d trace.Time) string {
	t := time.Duration(d)
	switch {
	case t < time.Microsecond:
		return strconv.FormatInt(int64(t), 10) + " ns"
	case t < time.Millisecond:
		return strconv.FormatInt(t.Microseconds(), 10) + " µs"
	case t < time.Second:
		return strconv.FormatFloat(float64(t.Microseconds())/1e3, 'f', 1, 64) + " ms"
	case t < 2*time.Minute:
		return strconv.FormatFloat(t.Seconds(), 'f', 1, 64) + " s"
	case t < 2*time.Hour:
		return strconv.FormatInt(int64(t/time.Minute), 10) + " min"
	case t < 48*time.Hour:
		return strconv.FormatInt(int64(t/time.Hour), 10) + " h"
	default:
		return strconv.FormatInt(int64(t/(24*time.Hour)), 10) + " days"
	}
}

// count is a number with its noun, which gets an s unless the number is 1.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return count(n, "time")
}

// maxEnumerated bounds how many things a sentence names.
const maxEnumerated = 5

// enumerate joins the first texts with commas and counts the rest.
func enumerate[T any](items []T, text func(T) string) string {
	var b strings.Builder
	for i, item := range items {
		if i == maxEnumerated {
			fmt.Fprintf(&b, " and %d more", len(items)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text(item))
	}
	return b.String()
}

// servicesOf returns the distinct services of spans in order of appearance.
func servicesOf(spans []*trace.Span) []string {
	var out []string
	for _, s := range spans {
		if len(out) < maxNames && !slices.Contains(out, s.Service) {
			out = append(out, s.Service)
		}
	}
	return out
}

func idsOf(spans []*trace.Span) []trace.SpanID {
	out := make([]trace.SpanID, 0, min(len(spans), 2*maxListed))
	for _, s := range spans {
		if len(out) == cap(out) {
			break
		}
		out = append(out, s.ID)
	}
	return out
}

// seen says what the store knows of a service, "" when nobody asked it.
func (v *view) seen(service string) string {
	if len(v.services) == 0 {
		return "" // the store was not asked
	}
	s, ok := v.services[service]
	if !ok {
		return "Service " + name(service) + " has never sent a span here."
	}
	return fmt.Sprintf("Service %s has sent %s here, from %s to %s.", name(s.Name), count(s.SpanCount, "span"), clock(s.First), clock(s.Last))
}
