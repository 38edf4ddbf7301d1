package decode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/server/client"
)

// carrier is the fields of one request, message or environment, in the order of the text.
type carrier []found

// multi is c as formats read it. Of the fields that a format knows by a prefix only so many are kept that it says there
// are too many.
func (c carrier) multi(f *propagators.Format) propagators.Multi {
	out, few := propagators.Multi{}, propagators.MaxBaggageMembers+1
	for _, one := range c {
		if prefixed(f, one.field) {
			if few--; few < 0 {
				continue
			}
		}
		out[one.field] = append(out[one.field], one.value.text)
	}
	return out
}

// readBy returns the fields that f reads, those that the format's own table names first come first.
func (c carrier) readBy(f *propagators.Format) carrier {
	var own carrier
	for _, one := range c {
		if readBy(f, one.field) {
			own = append(own, one)
		}
	}
	rank := func(one found) int {
		if i := slices.IndexFunc(f.Fields, func(name string) bool { return dashed(name) == one.field }); i >= 0 {
			return i
		}
		return len(f.Fields)
	}
	slices.SortStableFunc(own, func(a, b found) int { return rank(a) - rank(b) })
	return own
}

// context is one format's reading of one carrier.
type context struct {
	format  string
	own     carrier // the fields it was read from; a bare text is one without a name
	got     propagators.Carried
	refusal *propagators.Refusal

	effect, explanation string
}

func read(f *propagators.Format, own carrier) context {
	x := context{format: f.Name, own: own}
	x.got, x.refusal = f.Read(own.multi(f))
	return x
}

// readBare reads a text that has no name.
func readBare(c carrier) context {
	text := c[0].value.text
	x := context{own: c}
	x.got, x.refusal = everyFormat.Parse(text)
	if x.refusal != nil {
		// The shape may tell more than the first bytes that a format looks at.
		if field := guess(text); field != "" {
			for i := range formats {
				f := &formats[i]
				if !readBy(f, field) {
					continue
				}
				if got, refusal := f.Read(propagators.Multi{field: {text}}); refusal != nil || got.Valid() {
					x.format, x.got, x.refusal = f.Name, got, refusal
					return x
				}
			}
		}
	}
	x.format = x.got.Format
	if x.refusal != nil {
		x.format = x.refusal.Format
	}
	return x
}

// silent reports whether the fields say nothing: a tracestate without a traceparent, an empty header.
func (x *context) silent() bool {
	g := &x.got
	return x.refusal == nil && !g.Valid() && g.Sampling == propagators.SamplingFlag && g.Session == "" && len(g.Baggage) == 0
}

// identity is the same for contexts that say the same.
func (x *context) identity() string {
	var b strings.Builder
	b.WriteString(x.format)
	for _, f := range x.own {
		fmt.Fprintf(&b, "\x00%s\x00%s", f.field, f.value.text)
	}
	b.WriteString("\x00" + x.effect)
	return b.String()
}

func (d *decoder) wire(x *context) client.DecodedContext {
	g := &x.got
	out := client.DecodedContext{
		Format: x.format, Valid: x.refusal == nil && !x.silent(), Carrier: d.count, Times: 1,
		Flags: flags(x), TraceState: valid(g.TraceState), Path: []string{}, IDsPath: []string{},
		SessionID: valid(g.Session), UserID: valid(g.User), Metadata: map[string]any{}, Baggage: []client.BaggageEntry{},
		TraceType: g.TraceType, TracingLevel: g.TracingLevel,
		Problems: []client.DecodeProblem{}, Effect: x.effect, Explanation: x.explanation,
	}
	if g.Valid() {
		out.TraceID, out.SpanID = traceForms(g.SpanContext.TraceID()), spanForms(g.SpanContext.SpanID())
	}
	for _, name := range g.Path {
		out.Path = append(out.Path, valid(name))
	}
	out.IDsPath = append(out.IDsPath, g.IDsPath...)
	for _, kv := range g.Metadata {
		out.Metadata[valid(string(kv.Key))] = jsonValue(kv.Value.AsInterface())
	}
	for _, m := range g.Baggage {
		out.Baggage = append(out.Baggage, client.BaggageEntry{Key: valid(m.Key), Value: valid(m.Value)})
	}
	for _, f := range x.own {
		_, encodings := f.value.unwrap()
		if encodings == nil || !strings.Contains(f.field+f.name, "context") && f.field != "" {
			encodings = []string{}
		}
		if len(out.Fields) < maxProblems {
			out.Fields = append(out.Fields, client.DecodedField{Name: valid(f.name), Value: clip(f.value.text), Encodings: encodings, At: d.at(f.value.pos(0))})
		}
	}
	if x.refusal != nil {
		out.Problems = append(out.Problems, d.problem(x, x.refusal, 0))
	}
	for i, r := range g.Refused {
		if len(out.Problems) < maxProblems {
			out.Problems = append(out.Problems, d.problem(x, r, i))
		}
	}
	return out
}

// problem tells of a refusal, the n-th of its kind.
func (d *decoder) problem(x *context, r *propagators.Refusal, n int) client.DecodeProblem {
	out := client.DecodeProblem{Reason: string(r.Reason), Field: valid(r.Field), Message: valid(r.Detail)}
	if offset := x.place(r, n); offset >= 0 {
		at := d.at(offset)
		out.At = &at
	}
	return out
}

// says reports whether one of the keys stands in the JSON object that x was read from.
func (x *context) says(keys ...string) bool {
	object, _ := x.own[0].value.unwrap()
	return slices.ContainsFunc(keys, func(key string) bool { return strings.Contains(object.text, `"`+key+`"`) })
}

func traceForms(id trace.TraceID) *client.DecodedID {
	hex := id.String()
	return &client.DecodedID{Hex: hex, UUID: dashes(hex), Decimal: decimal(hex[16:]), B3: hex[16:], XRay: xrayForm(hex)}
}

func spanForms(id trace.SpanID) *client.DecodedID {
	hex := id.String()
	return &client.DecodedID{Hex: hex, UUID: dashes(strings.Repeat("0", 16) + hex), Decimal: decimal(hex), B3: hex}
}

func dashes(h string) string {
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func decimal(hex string) string {
	n, _ := strconv.ParseUint(hex, 16, 64) // 16 digits that were just written
	return strconv.FormatUint(n, 10)
}

// flags says in words what the context decides. Without ids there may be a decision all the same.
func flags(x *context) []string {
	f := x.got.SpanContext.TraceFlags()
	out := []string{}
	switch s := x.got.Sampling; {
	case s == propagators.SamplingDefer:
		out = append(out, "deferred")
	case s == propagators.SamplingDeny, x.got.Valid() && !f.IsSampled():
		out = append(out, "not_sampled")
	case x.got.Valid() && x.format == "laminar" && !x.says("traceFlags", "trace_flags"):
		out = append(out, "sampled_by_default")
	case s != propagators.SamplingFlag || x.got.Valid():
		out = append(out, "sampled")
	}
	if x.got.Sampling == propagators.SamplingDebug {
		out = append(out, "debug")
	}
	if f&trace.FlagsRandom != 0 {
		out = append(out, "random")
	}
	return out
}

// jsonValue makes an attribute's value fit for JSON: numbers that JSON doesn't have can't come out of any format.
func jsonValue(v any) any {
	switch v := v.(type) {
	case string:
		return valid(v)
	case []string:
		out := make([]string, len(v))
		for i, s := range v {
			out[i] = valid(s)
		}
		return out
	}
	return v
}

func clip(s string) string {
	if len(s) > maxValue {
		s = s[:maxValue] + "…"
	}
	return valid(s)
}
