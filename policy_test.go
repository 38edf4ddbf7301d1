package clew_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/propagators"
)

const (
	theirTrace  = "0123456789abcdef0123456789abcdef"
	theirSpan   = "fedcba9876543210"
	theirParent = "00-" + theirTrace + "-" + theirSpan + "-01"
	theirJSON   = `{"traceId":"` + theirTrace + `","spanId":"` + theirSpan + `","sessionId":"theirs"}`
)

func TestPolicies(t *testing.T) {
	in := propagators.Map{"traceparent": theirParent, "x-laminar-span-context": theirJSON}
	for name, tc := range map[string]struct {
		opts    []clew.ExtractOption
		same    bool
		session string
		links   int
		policy  string
	}{
		"by default all is used":                    {same: true, session: "theirs", policy: "continue"},
		"Continue is that":                          {opts: []clew.ExtractOption{clew.PolicyContinue}, same: true, session: "theirs", policy: "continue"},
		"Restart links to the sender":               {opts: []clew.ExtractOption{clew.PolicyRestart}, links: 1, policy: "restart"},
		"Ignore takes nothing":                      {opts: []clew.ExtractOption{clew.PolicyIgnore}, policy: "ignore"},
		"Resample keeps ids and the rest":           {opts: []clew.ExtractOption{clew.PolicyResample}, same: true, session: "theirs", policy: "resample"},
		"IDsOnly beside it leaves the session out":  {opts: []clew.ExtractOption{clew.PolicyResample, clew.IDsOnly}, same: true, policy: "resample"},
		"a signature that is asked for and missing": {opts: []clew.ExtractOption{clew.SignedBy([]byte("key"))}},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			ctx, entry := clew.Start(clew.Extract(t.Context(), in, tc.opts...), "entry")
			clew.StartDetached(ctx, "child").End()
			entry.End()
			got := r.Span("entry")
			if same := got.SpanContext.TraceID().String() == theirTrace; same != tc.same {
				t.Errorf("in the sender's trace: %v", same)
			}
			if got.Parent.IsValid() != tc.same {
				t.Errorf("parent %v", got.Parent)
			}
			if s := got.Attr("lmnr.association.properties.session_id"); s != tc.session {
				t.Errorf("session %q", s)
			}
			if len(got.Links) != tc.links || tc.links > 0 && got.Links[0].SpanContext.SpanID().String() != theirSpan {
				t.Errorf("links %v", got.Links)
			}
			if p := got.Attr("clew.context.policy"); p != tc.policy {
				t.Errorf("policy %q", p)
			}
			if p := r.Span("child").Attr("clew.context.policy"); p != "" {
				t.Errorf("a child says policy %q", p)
			}
			if tc.policy == "" && len(clew.Refusals(ctx)) == 0 {
				t.Error("nothing was refused")
			}
		})
	}
}

func TestPoliciesKeepTheLocalParent(t *testing.T) {
	for _, policy := range []clew.Policy{clew.PolicyRestart, clew.PolicyIgnore} {
		t.Run(string(policy), func(t *testing.T) {
			r := clewtest.Record(t)
			ctx, local := clew.Start(t.Context(), "local")
			clew.StartDetached(clew.Extract(ctx, propagators.Map{"traceparent": theirParent}, policy), "inside").End()
			local.End()
			r.WantChild(r.Span("inside"), r.Span("local"))
		})
	}
}

func TestSamplingThatIsNotInTheFlag(t *testing.T) {
	always, never := sdktrace.ParentBased(sdktrace.AlwaysSample()), sdktrace.ParentBased(sdktrace.NeverSample())
	ids := theirTrace + "-" + theirSpan
	for name, tc := range map[string]struct {
		in      propagators.Map
		sampler sdktrace.Sampler
		opts    []clew.ExtractOption
		sampled bool
	}{
		"accept is followed":                             {in: propagators.Map{"b3": ids + "-1"}, sampler: never, sampled: true},
		"deny is followed":                               {in: propagators.Map{"b3": ids + "-0"}, sampler: always},
		"what is deferred the local sampler takes":       {in: propagators.Map{"b3": ids}, sampler: always, sampled: true},
		"what is deferred the local sampler leaves":      {in: propagators.Map{"b3": ids}, sampler: never},
		"deferred in five headers":                       {in: propagators.Map{"x-b3-traceid": theirTrace, "x-b3-spanid": theirSpan}, sampler: never},
		"a lone deny holds for the new trace":            {in: propagators.Map{"b3": "0"}, sampler: always},
		"a lone deny of five headers":                    {in: propagators.Map{"x-b3-sampled": "false"}, sampler: always},
		"a lone accept holds for the new trace":          {in: propagators.Map{"b3": "1"}, sampler: never, sampled: true},
		"a lone debug too":                               {in: propagators.Map{"x-b3-flags": "1"}, sampler: never, sampled: true},
		"debug records whatever the sampler":             {in: propagators.Map{"uber-trace-id": theirTrace + ":" + theirSpan + ":0:3"}, sampler: sdktrace.NeverSample(), sampled: true},
		"W3C goes before a lone deny":                    {in: propagators.Map{"b3": "0", "traceparent": theirParent}, sampler: always, sampled: true},
		"Resample does not follow accept":                {in: propagators.Map{"traceparent": theirParent}, sampler: never, opts: []clew.ExtractOption{clew.PolicyResample}},
		"Resample does not follow deny":                  {in: propagators.Map{"b3": ids + "-0"}, sampler: always, opts: []clew.ExtractOption{clew.PolicyResample}, sampled: true},
		"Resample does not follow debug":                 {in: propagators.Map{"b3": ids + "-d"}, sampler: never, opts: []clew.ExtractOption{clew.PolicyResample}},
		"Resample does not follow a lone decision":       {in: propagators.Map{"b3": "0"}, sampler: always, opts: []clew.ExtractOption{clew.PolicyResample}, sampled: true},
		"Ignore does not follow a lone decision":         {in: propagators.Map{"b3": "0"}, sampler: always, opts: []clew.ExtractOption{clew.PolicyIgnore}, sampled: true},
		"a decision from a refused context is no use":    {in: propagators.Map{"x-b3-traceid": "zz", "x-b3-spanid": theirSpan, "x-b3-sampled": "0"}, sampler: always, sampled: true},
		"without any decision the local sampler decides": {in: propagators.Map{}, sampler: never},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t, clew.Sampler(tc.sampler), clew.ContextFormats(propagators.Names()...))
			ctx, entry := clew.Start(clew.Extract(t.Context(), tc.in, tc.opts...), "entry")
			out := propagators.Map{}
			clew.Inject(ctx, out)
			entry.End()
			if got := len(r.Spans()) == 1; got != tc.sampled {
				t.Errorf("recorded: %v", got)
			}
			want := "-0"
			if tc.sampled {
				want = "-1"
				if strings.Contains(name, "debug") {
					want = "-d"
				}
			}
			if !strings.HasSuffix(out["b3"], want) {
				t.Errorf("sent on %q, want it to end in %s", out["b3"], want)
			}
		})
	}
}

func TestWhatNamesNoParentLeavesTheDecisionOfTheOneThatStaysAlone(t *testing.T) {
	for name, in := range map[string]propagators.Map{
		"a malformed context":  {"traceparent": "00-nothing"},
		"a lone decision":      {"b3": "0"},
		"a session alone":      {"mirascope-session-id": "theirs"},
		"nothing that is read": {"x-request-id": "1"},
	} {
		t.Run(name, func(t *testing.T) {
			clewtest.Record(t, clew.ContextFormats(propagators.Names()...))
			debug := clew.Extract(t.Context(), propagators.Map{"b3": theirTrace + "-" + theirSpan + "-d"})
			ctx, local := clew.Start(debug, "local")
			defer local.End()
			for place, ctx := range map[string]context.Context{"below a span": ctx, "below what was received before": debug} {
				ctx, inside := clew.Start(clew.Extract(ctx, in), "inside")
				out := propagators.Map{}
				clew.Inject(ctx, out)
				inside.End()
				if !strings.HasPrefix(out["b3"], theirTrace) || !strings.HasSuffix(out["b3"], "-d") {
					t.Errorf("%s: sent on %q, want debug in the same trace", place, out["b3"])
				}
			}
		})
	}
}

func TestDebugRecordsTheWholeTraceButNotANewOne(t *testing.T) {
	r := clewtest.Record(t, clew.Sampler(sdktrace.NeverSample()))
	ctx, entry := clew.Start(clew.Extract(t.Context(), propagators.Map{"b3": theirTrace + "-" + theirSpan + "-d"}), "entry")
	ctx, child := clew.Start(ctx, "child")
	clew.StartDetached(ctx, "grandchild").End()
	clew.StartDetached(ctx, "another trace", clew.NewTrace).End()
	child.End()
	entry.End()
	var names []string
	for _, s := range r.Spans() {
		names = append(names, s.Name)
	}
	if got := sorted(names); got != "child entry grandchild" {
		t.Errorf("recorded: %s", got)
	}
}

func TestASignedContextComesBack(t *testing.T) {
	clewtest.Record(t)
	key := []byte("key")
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
	defer s.End()
	signed := clew.SerializeSigned(ctx, key)
	back := clew.Continue(context.Background(), signed, clew.SignedBy(key))
	if id, _ := clew.SessionFrom(back); id != "s" {
		t.Errorf("session %q: %v", id, clew.Refusals(back))
	}
	if r := clew.Refusals(clew.Continue(context.Background(), clew.Serialize(ctx), clew.SignedBy(key))); len(r) != 1 || r[0].Reason != propagators.ReasonUnsigned {
		t.Errorf("an unsigned one: %v", r)
	}
	if back := clew.Continue(context.Background(), signed+"\n", clew.SignedBy(key)); len(clew.Refusals(back)) > 0 {
		t.Errorf("one with a line end: %v", clew.Refusals(back))
	}
	for name, none := range map[string]clew.ExtractOption{"no key": clew.SignedBy(), "an empty key": clew.SignedBy(nil)} {
		if r := clew.Refusals(clew.Continue(context.Background(), clew.Serialize(ctx), none)); len(r) != 1 {
			t.Errorf("%s believes what is not signed: %v", name, r)
		}
	}
	if clew.SerializeSigned(context.Background(), key) != "" {
		t.Error("signed nothing")
	}
}

func TestWhichVariableChoosesTheFormats(t *testing.T) {
	for name, tc := range map[string]struct {
		env    map[string]string
		writes string
		warns  string
	}{
		"none of them":                     {writes: "traceparent x-laminar-span-context"},
		"OpenTelemetry's":                  {env: map[string]string{"OTEL_PROPAGATORS": "b3, tracecontext"}, writes: "b3 traceparent"},
		"Mirascope's goes before":          {env: map[string]string{"OTEL_PROPAGATORS": "b3", "MIRASCOPE_PROPAGATOR": "jaeger"}, writes: "mirascope-session-id uber-trace-id x-mirascope-session-id"},
		"ours goes before both":            {env: map[string]string{"OTEL_PROPAGATORS": "b3", "MIRASCOPE_PROPAGATOR": "jaeger", "CLEW_PROPAGATORS": "Laminar"}, writes: "x-laminar-span-context"},
		"Mirascope's composite":            {env: map[string]string{"MIRASCOPE_PROPAGATOR": "composite"}, writes: "b3 mirascope-session-id traceparent uber-trace-id x-b3-sampled x-b3-spanid x-b3-traceid x-mirascope-session-id"},
		"one unknown name beside a known":  {env: map[string]string{"CLEW_PROPAGATORS": "b3,smoke"}, writes: "b3", warns: "smoke"},
		"nothing but unknown names":        {env: map[string]string{"CLEW_PROPAGATORS": "smoke,mirrors"}, writes: "traceparent x-laminar-span-context", warns: "smoke,mirrors"},
		"none by name":                     {env: map[string]string{"CLEW_PROPAGATORS": "none"}},
		"composite is not OpenTelemetry's": {env: map[string]string{"OTEL_PROPAGATORS": "composite,b3"}, writes: "b3", warns: "composite"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"CLEW_PROPAGATORS", "MIRASCOPE_PROPAGATOR", "OTEL_PROPAGATORS"} {
				t.Setenv(variable, tc.env[variable])
			}
			var log bytes.Buffer
			clewtest.Record(t, clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
			ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
			defer s.End()
			h := http.Header{}
			clew.Inject(ctx, propagation.HeaderCarrier(h))
			var names []string
			for name := range h {
				names = append(names, strings.ToLower(name))
			}
			if got := sorted(names); got != tc.writes {
				t.Errorf("writes %q, want %q", got, tc.writes)
			}
			warnings := strings.Count(log.String(), "no context format")
			if tc.warns == "" && warnings > 0 || tc.warns != "" && (warnings != 1 || !strings.Contains(log.String(), tc.warns) || !strings.Contains(log.String(), "tracecontext,laminar,b3")) {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

func sorted(names []string) string {
	slices.Sort(names)
	return strings.Join(names, " ")
}
