package propagators_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/propagators"
)

// vector is one case of testdata/formats.
type vector struct {
	Name      string
	Headers   [][2]string
	Ambiguous bool
	Recommend string
	Winner    string  `json:"recommended_winner"`
	State     *string `json:"recommended_tracestate"`
	Child     bool    `json:"expected_child_sampled_under_parentbased_always_on"`
	Expected  struct {
		Valid    bool
		TraceID  string `json:"trace_id"`
		SpanID   string `json:"span_id"`
		Sampled  *bool
		Debug    bool
		Decision string
	}
}

func formatVectors(t *testing.T, name string) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/formats/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 20 {
		t.Fatalf("%s: only %d cases", name, len(file.Cases))
	}
	return file.Cases
}

func (v *vector) header() http.Header {
	h := http.Header{}
	for _, pair := range v.Headers {
		h[pair[0]] = append(h[pair[0]], pair[1]) // names as they are
	}
	return h
}

// decision puts what was understood into the vectors' words.
func decision(c propagators.Carried) string {
	switch c.Sampling {
	case propagators.SamplingDefer:
		return "defer"
	case propagators.SamplingDeny:
		return "deny"
	case propagators.SamplingAccept:
		return "accept"
	case propagators.SamplingDebug:
		return "debug"
	}
	switch {
	case !c.Valid():
		return ""
	case c.SpanContext.IsSampled():
		return "accept"
	}
	return "deny"
}

// idsWithDefects are ambiguous vectors whose ids are used although a lesser part is wrong, as their recommendation asks:
// by name, the decision.
var idsWithDefects = map[string]string{
	"single_parent_non_hex":     "accept",
	"single_leading_space":      "accept",
	"multi_sampled_yes":         "defer",
	"multi_sampled_empty_value": "defer",
	"multi_parent_hyphen":       "accept",
}

func TestB3AndJaegerVectorsMeanWhatTheFormatsSay(t *testing.T) {
	for _, file := range []string{"b3.json", "jaeger.json"} {
		for _, v := range formatVectors(t, file) {
			t.Run(v.Name, func(t *testing.T) {
				want := v.Expected
				if with, ok := idsWithDefects[v.Name]; ok {
					if v.Recommend == "" {
						t.Error("the vector recommends nothing")
					}
					want.Valid, want.Decision = true, with
					want.TraceID, want.SpanID = "80f198ee56343ba864fe8b2a57d3eff7", "e457b5a2e4d86bd1"
				}
				got := carried(propagators.All().Extract(context.Background(), propagators.Header(v.header())))
				if got.Valid() != want.Valid || decision(got) != want.Decision {
					t.Fatalf("valid %v, decision %q, want %v, %q", got.Valid(), decision(got), want.Valid, want.Decision)
				}
				if want.Valid && (got.SpanContext.TraceID().String() != want.TraceID || got.SpanContext.SpanID().String() != want.SpanID) {
					t.Errorf("ids %v %v", got.SpanContext.TraceID(), got.SpanContext.SpanID())
				}
				if want.Valid && !v.Child == got.SpanContext.IsSampled() {
					t.Errorf("sampled flag %v, but a child is sampled: %v", got.SpanContext.IsSampled(), v.Child)
				}
			})
		}
	}
}

// carried is what ctx was told, a lone decision included.
func carried(ctx context.Context) propagators.Carried {
	c := propagators.Current(ctx)
	if s := inherit.From(ctx); s != nil && !c.Valid() {
		c.Sampling = s.Sampling
	}
	return c
}

func TestCompositeVectorsLetW3CDecide(t *testing.T) {
	ids := map[string]string{ // of the format that should win, where the vector expects another
		"tracecontext": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"b3":           "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		"b3multi":      "cccccccccccccccccccccccccccccccc",
		"jaeger":       "dddddddddddddddddddddddddddddddd",
	}
	for _, v := range formatVectors(t, "composite.json") {
		t.Run(v.Name, func(t *testing.T) {
			ctx := propagators.All().Extract(context.Background(), propagators.Header(v.header()))
			sc := trace.SpanContextFromContext(ctx)
			if sc.IsValid() != (v.Winner != "") {
				t.Fatalf("valid %v, want the winner %q", sc.IsValid(), v.Winner)
			}
			if v.Winner == "" {
				return
			}
			want := ids[v.Winner]
			if v.Name == "tc_128_b3_64_low_bits" {
				want = "80f198ee56343ba864fe8b2a57d3eff7"
			}
			if sc.TraceID().String() != want || decidedBy(ctx) != v.Winner {
				t.Errorf("trace %v by %s, want %s by %s", sc.TraceID(), decidedBy(ctx), want, v.Winner)
			}
			if v.State != nil && propagators.Current(ctx).TraceState != *v.State {
				t.Errorf("trace state %q, want %q", propagators.Current(ctx).TraceState, *v.State)
			}
			// Each of the other traces is linked, once.
			others := map[string]bool{}
			for _, pair := range v.Headers {
				for _, id := range ids {
					if id != want && len(pair[1]) >= 32 && pair[1][:32] == id && len(pair[1]) < 70 {
						others[id] = true
					}
				}
			}
			if v.Name == "tc_valid_jaeger_oversize" {
				others = nil
			}
			links := map[string]bool{}
			if s := inherit.From(ctx); s != nil && s.Entry.Notes != nil {
				for _, l := range s.Entry.Notes.Links {
					links[l.SpanContext.TraceID().String()] = true
				}
			}
			if len(links) != len(others) {
				t.Errorf("links %v, want %v", links, others)
			}
			for id := range others {
				if !links[id] {
					t.Errorf("no link to %s", id)
				}
			}
		})
	}
}

// decidedBy is the format that the ids came from; a traceparent alone leaves nothing but its span context.
func decidedBy(ctx context.Context) string {
	if s := inherit.From(ctx); s != nil {
		return s.Entry.Format
	}
	return "tracecontext"
}

func TestWhoWinsDoesNotDependOnTheCarrier(t *testing.T) {
	for _, v := range formatVectors(t, "composite.json") {
		want := trace.SpanContextFromContext(propagators.All().Extract(context.Background(), propagators.Header(v.header())))
		flat, list, multi, loose := propagators.Map{}, propagators.KeyValues{}, propagators.Multi(v.header()), propagators.Any{}
		env := propagators.Env{}
		for _, pair := range v.Headers {
			flat[pair[0]] = pair[1]
			loose[pair[0]] = pair[1]
			env.Set(pair[0], pair[1])
			list = append(list, propagators.KeyValue{Key: pair[0], Value: []byte(pair[1])})
		}
		for i, c := range slices.All([]interface {
			Get(string) string
			Set(string, string)
			Keys() []string
		}{flat, &list, multi, loose, &env}) {
			if got := trace.SpanContextFromContext(propagators.All().Extract(context.Background(), c)); !got.Equal(want) {
				t.Errorf("%s: carrier %d: %+v, want %+v", v.Name, i, got, want)
			}
		}
	}
}

func TestAFormatFromOutsideIsReadWhateverElseIsThere(t *testing.T) {
	foreign := propagators.HeaderFormat("foreign", "x-foreign", func(text string) (propagators.Carried, *propagators.Refusal) {
		got, refusal := propagators.All().Parse(text)
		got.Format, got.Session = "foreign", "of the foreign header"
		return got, refusal
	}, func(propagators.Carried) string { return "" })
	const other = "00-" + traceHex + "-00f067aa0ba902b7-01"
	for name, traceparent := range map[string]string{"alone": "", "beside a traceparent": "00-" + traceHex + "-" + spanHex + "-01"} {
		h := http.Header{"X-Foreign": {other}}
		if traceparent != "" {
			h.Set("Traceparent", traceparent)
		}
		ctx := propagators.All().With(foreign).Extract(context.Background(), propagators.Header(h))
		if s := inherit.From(ctx); s == nil || s.Session != "of the foreign header" {
			t.Errorf("%s: it was not read", name)
		}
	}
}

func TestTheTableIsInOrder(t *testing.T) {
	names := map[string]bool{}
	for i := range propagators.Formats {
		f := &propagators.Formats[i]
		if f.Name == "" || names[f.Name] || len(f.Fields) == 0 {
			t.Errorf("format %q is not complete, or there twice", f.Name)
		}
		names[f.Name] = true
		if got, refusal := f.Read(propagators.Map{}); got.Valid() || refusal != nil {
			t.Errorf("%s reads %+v, %v from an empty carrier", f.Name, got, refusal)
		}
		out := propagators.Map{}
		f.Write(propagators.Carried{SpanContext: spanContext(t), Session: "s", Baggage: []propagators.Member{{Key: "k", Value: "v"}}}, out)
		got, refusal := f.Read(out)
		if len(out) == 0 || refusal != nil || len(got.Refused) > 0 {
			t.Errorf("%s wrote %v and read %+v, %v", f.Name, out, got, refusal)
		}
		if !f.NoSpan && (got.Format != f.Name || got.SpanContext.SpanID() != spanContext(t).SpanID() || !got.SpanContext.IsRemote()) {
			t.Errorf("%s wrote %v and read %+v, %v", f.Name, out, got, refusal)
		}
		for _, key := range out.Keys() {
			if !slices.Contains(f.Fields, strings.ToLower(key)) && (f.Prefix == "" || !strings.HasPrefix(key, f.Prefix)) {
				t.Errorf("%s writes %s, which is not among its fields", f.Name, key)
			}
		}
		for _, other := range f.Alike {
			if !slices.Contains(propagators.Names(), other) {
				t.Errorf("%s is like %s, which there is not", f.Name, other)
			}
		}
		none := propagators.Map{}
		f.Write(propagators.Carried{}, none)
		if len(none) > 0 {
			t.Errorf("%s writes %v out of nothing", f.Name, none)
		}
		if _, err := propagators.New(f.Name); err != nil {
			t.Error(err)
		}
	}
	if _, err := propagators.New("tracecontext", "smoke-signals"); err == nil || !strings.Contains(err.Error(), "smoke-signals") {
		t.Errorf("an unknown name gives %v", err)
	}
}
