package propagators_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

// w3c runs headers through extract and inject; the result is what the next service receives.
func w3c(t *testing.T, h http.Header) (propagators.Carried, http.Header) {
	t.Helper()
	p, err := propagators.New("tracecontext")
	if err != nil {
		t.Fatal(err)
	}
	ctx := p.Extract(context.Background(), propagation.HeaderCarrier(h))
	out := http.Header{}
	p.Inject(ctx, propagators.Header(out))
	return propagators.Current(ctx), out
}

func TestTraceParent(t *testing.T) {
	const ids = "0123456789abcdef0123456789abcdef-fedcba9876543210"
	for name, tc := range map[string]struct {
		in  []string
		out string // "" means a new trace
	}{
		"version 00":                             {[]string{"00-" + ids + "-01"}, "00-" + ids + "-01"},
		"not sampled":                            {[]string{"00-" + ids + "-00"}, "00-" + ids + "-00"},
		"random flag is copied":                  {[]string{"00-" + ids + "-03"}, "00-" + ids + "-03"},
		"unknown flags are masked, not refused":  {[]string{"00-" + ids + "-ff"}, "00-" + ids + "-03"},
		"white space around it":                  {[]string{" \t00-" + ids + "-01\t "}, "00-" + ids + "-01"},
		"a higher version":                       {[]string{"cc-" + ids + "-01"}, "00-" + ids + "-01"},
		"a higher version with more":             {[]string{"cc-" + ids + "-01-what-the-future-will-be"}, "00-" + ids + "-01"},
		"a higher version with a trailing dash":  {[]string{"cc-" + ids + "-01-"}, "00-" + ids + "-01"},
		"a higher version with more and no dash": {[]string{"cc-" + ids + "-01.what"}, ""},
		"version ff":                             {[]string{"ff-" + ids + "-01"}, ""},
		"version 00 with more":                   {[]string{"00-" + ids + "-01-x"}, ""},
		"version 00 with a trailing dash":        {[]string{"00-" + ids + "-01-"}, ""},
		"two of them":                            {[]string{"00-" + ids + "-01", "00-" + ids + "-01"}, ""},
		"empty":                                  {[]string{""}, ""},
		"too short":                              {[]string{"00-" + ids + "-1"}, ""},
		"upper case":                             {[]string{strings.ToUpper("00-" + ids + "-01")}, ""},
		"upper case flags":                       {[]string{"00-" + ids + "-0A"}, ""},
		"letters beyond f":                       {[]string{"00-" + strings.Replace(ids, "0", "g", 1) + "-01"}, ""},
		"version not hex":                        {[]string{".0-" + ids + "-01"}, ""},
		"flags not hex":                          {[]string{"00-" + ids + "-.0"}, ""},
		"zero trace id":                          {[]string{"00-" + strings.Repeat("0", 32) + "-fedcba9876543210-01"}, ""},
		"zero parent id":                         {[]string{"00-0123456789abcdef0123456789abcdef-0000000000000000-01"}, ""},
		"no dashes":                              {[]string{strings.ReplaceAll("00-"+ids+"-01", "-", "0")}, ""},
		"trace id of 31":                         {[]string{"00-123456789abcdef0123456789abcdef-fedcba9876543210-011"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, out := w3c(t, http.Header{"Traceparent": tc.in, "Tracestate": {"a=1"}})
			if have := out.Get("traceparent"); have != tc.out {
				t.Errorf("sent on %q, want %q", have, tc.out)
			}
			if tc.out == "" && (got.Valid() || len(out) > 0) {
				t.Errorf("continued as %+v, sent on %v", got, out)
			}
		})
	}
}

func TestTraceState(t *testing.T) {
	long := strings.Repeat("k", 256)
	var many []string
	for i := range 33 {
		many = append(many, "k"+strings.Repeat("x", i)+"=1")
	}
	for name, tc := range map[string]struct {
		in  []string
		out string
	}{
		"one field":                           {[]string{"foo=1,bar=2"}, "foo=1,bar=2"},
		"several fields are joined in order":  {[]string{"foo=1", "bar=2,baz=3"}, "foo=1,bar=2,baz=3"},
		"an empty field before a filled one":  {[]string{"", "foo=1"}, "foo=1"},
		"white space and blank members":       {[]string{"foo=1 \t, ,\t bar=2,"}, "foo=1,bar=2"},
		"leading space of a value stays":      {[]string{"foo= 1"}, "foo= 1"},
		"the first of two equal keys":         {[]string{"foo=1,bar=2,foo=3"}, "foo=1,bar=2"},
		"keys of level 2":                     {[]string{"1a=1,foo@@bar=2,foo@=3,a/b*c-d_e=4"}, "1a=1,foo@@bar=2,foo@=3,a/b*c-d_e=4"},
		"a key of 256":                        {[]string{long + "=1"}, long + "=1"},
		"a tenant longer than level 1 allows": {[]string{strings.Repeat("t", 250) + "@v=1"}, strings.Repeat("t", 250) + "@v=1"},
		"32 members":                          {[]string{strings.Join(many[:32], ",")}, strings.Join(many[:32], ",")},
		"more than 512 characters":            {[]string{"a=" + strings.Repeat("v", 256), "b=" + strings.Repeat("v", 256)}, "a=" + strings.Repeat("v", 256) + ",b=" + strings.Repeat("v", 256)},

		"33 members":                       {[]string{strings.Join(many, ",")}, ""},
		"a key of 257":                     {[]string{long + "k=1"}, ""},
		"a key with upper case":            {[]string{"Foo=1"}, ""},
		"a key that begins with @":         {[]string{"@foo=1"}, ""},
		"a key with a space":               {[]string{"foo =1"}, ""},
		"an empty key":                     {[]string{"=1"}, ""},
		"no equals sign":                   {[]string{"foo"}, ""},
		"an empty value":                   {[]string{"foo="}, ""},
		"a second equals sign":             {[]string{"foo=1=2"}, ""},
		"a value of 257":                   {[]string{"foo=" + strings.Repeat("v", 257)}, ""},
		"a value that is not ASCII":        {[]string{"foo=é"}, ""},
		"one bad member spoils the others": {[]string{"foo=1,bar"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, out := w3c(t, http.Header{"Traceparent": {"00-" + traceHex + "-" + spanHex + "-01"}, "Tracestate": tc.in})
			if have := out.Get("tracestate"); have != tc.out {
				t.Errorf("sent on %q, want %q", have, tc.out)
			}
			if !got.Valid() {
				t.Error("the traceparent beside it was lost")
			}
		})
	}
}

func TestTraceStateChangedInThisProcessGoesFirst(t *testing.T) {
	p := propagators.All()
	in := http.Header{"Traceparent": {"00-" + traceHex + "-" + spanHex + "-01"}, "Tracestate": {"x@@y=2,own=old"}}
	ctx := p.Extract(context.Background(), propagators.Header(in))
	state, err := trace.ParseTraceState("own=new")
	if err != nil {
		t.Fatal(err)
	}
	ctx = trace.ContextWithSpanContext(ctx, trace.SpanContextFromContext(ctx).WithTraceState(state))
	out := propagators.Map{}
	p.Inject(ctx, out)
	if got := out.Get("tracestate"); got != "own=new,x@@y=2" {
		t.Errorf("sent on %q", got)
	}
}

func TestTraceStateIsNotTakenIntoAnotherTrace(t *testing.T) {
	p := propagators.All()
	ctx := p.Extract(context.Background(), propagators.Map{"traceparent": "00-" + traceHex + "-" + spanHex + "-01", "tracestate": "x@@y=2"})
	other := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	out := propagators.Map{}
	p.Inject(trace.ContextWithSpanContext(ctx, other), out)
	if got := out.Get("tracestate"); got != "" {
		t.Errorf("sent on %q", got)
	}
}

func FuzzTraceContext(f *testing.F) {
	f.Add("00-"+traceHex+"-"+spanHex+"-01", "foo=1", "bar=2")
	f.Add("cc-"+traceHex+"-"+spanHex+"-01-x", "foo@@bar=1, ,", "")
	f.Fuzz(func(t *testing.T, parent, state1, state2 string) {
		got, out := w3c(t, http.Header{"Traceparent": {parent}, "Tracestate": {state1, state2}})
		if !got.Valid() {
			if len(out) > 0 {
				t.Fatalf("nothing continued, but sent on %v", out)
			}
			return
		}
		again, _ := w3c(t, out)
		if !again.SpanContext.Equal(got.SpanContext) || again.TraceState != got.TraceState {
			t.Fatalf("sent on as %v: %+v became %+v", out, got, again)
		}
		if n := strings.Count(again.TraceState, ",") + 1; n > 32 {
			t.Errorf("%d members", n)
		}
	})
}
