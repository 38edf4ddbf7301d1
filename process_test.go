package clew_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

// childVariable makes the test binary a child process that tells what it continues.
const childVariable = "CLEW_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	c, err := clew.Deserialize(clew.Serialize(clew.ContinueProcess(context.Background())))
	fmt.Print(c.SpanContext.TraceID(), " ", c.SpanContext.SpanID(), " ", c.Session, " ", strings.Join(c.Path, "/"), " ", err)
}

func TestAChildProcessContinuesTheSpanItWasStartedUnder(t *testing.T) {
	clewtest.Record(t)
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "parent")
	defer s.End()
	sc := s.OTel().SpanContext()
	all := fmt.Sprint(sc.TraceID(), " ", sc.SpanID(), " s parent <nil>")
	ids := fmt.Sprint(sc.TraceID(), " ", sc.SpanID(), "   <nil>")
	for name, tc := range map[string]struct {
		env  []string
		want string
	}{
		"by all that Environ writes":          {clew.Environ(ctx), all},
		"by what Laminar's SDKs write":        {append(os.Environ(), "LMNR_SPAN_CONTEXT="+clew.Serialize(ctx)), all},
		"by what OpenTelemetry's tools write": {append(os.Environ(), fmt.Sprintf("TRACEPARENT=00-%s-%s-01", sc.TraceID(), sc.SpanID())), ids},
		"by B3's names":                       {append(os.Environ(), "X_B3_TRACEID="+sc.TraceID().String(), "X_B3_SPANID="+sc.SpanID().String()), ids},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(tc.env, childVariable+"=1")
			out, err := cmd.Output()
			if err != nil || string(out) != tc.want {
				t.Errorf("continues %q, %v, want %q", out, err, tc.want)
			}
		})
	}
	if os.Getenv("TRACEPARENT") != "" {
		t.Error("the own environment was changed")
	}
}

func TestEnvironReplacesTheContextThatThisProcessWasStartedWith(t *testing.T) {
	clewtest.Record(t)
	t.Setenv("TRACEPARENT", theirParent)
	t.Setenv("TRACESTATE", "theirs=1")
	t.Setenv("B3", theirTrace+"-"+theirSpan+"-1")
	t.Setenv("BAGGAGE", "kept=1")
	if env := clew.Environ(t.Context()); !slices.Contains(env, "TRACEPARENT="+theirParent) || !slices.Contains(env, "TRACESTATE=theirs=1") {
		t.Error("without a span the context is not passed on")
	}
	ctx, s := clew.Start(t.Context(), "mine")
	defer s.End()
	env := clew.Environ(ctx)
	for _, pair := range env {
		if strings.Contains(pair, theirTrace) || strings.HasPrefix(pair, "TRACESTATE=") {
			t.Errorf("%s is still there", pair)
		}
	}
	if !slices.Contains(env, "BAGGAGE=kept=1") {
		t.Error("the baggage is gone")
	}
}
