package laminar

import (
	"context"
	"strings"
	"testing"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/interop/internal/peer"
)

func TestAProcessContinuesTheTraceThatItsEnvironmentNames(t *testing.T) {
	srv := peer.StartServer(t)
	shutdown, err := clew.Setup(t.Context(), clew.Endpoint(srv.URL), clew.ServiceName("go"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shutdown(context.Background()) })
	for _, k := range sdks {
		t.Run(k.line, func(t *testing.T) {
			if k.line == "lmnr-0.6" {
				k.pkg.Lacks(t, "LMNR_SPAN_CONTEXT", "it reads no such variable")
				return
			}
			k.pkg.Check(t, "LMNR_SPAN_CONTEXT")
			_, span := clew.Start(clew.WithUser(clew.WithSession(t.Context(), "env-session"), "env-user"), "launcher")
			span.End()
			if err := clew.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			var got written
			program := k.program(t, "started", "LMNR_SPAN_CONTEXT="+span.Serialize())
			program.Run(t, input{Lib: k.line, Port: srv.Port}, &got)
			tr := srv.Await(t, span.OTel().SpanContext().TraceID().String(), 2)
			tr.Line(t, "launcher", "started")
			if s := tr.Span(t, "started"); k.python {
				k.pkg.Lacks(t, "LMNR_SPAN_CONTEXT: session, user", "it takes the ids and the path")
			} else if s.SessionID != "env-session" || s.UserID != "env-user" {
				t.Errorf("session %q, user %q", s.SessionID, s.UserID)
			}
			if c := program.Complaints(); len(c) > 0 {
				t.Errorf("it says:\n%s", strings.Join(c, "\n"))
			}
		})
	}
}

func TestADebugRunRegistersAndGoesOn(t *testing.T) {
	srv := peer.StartServer(t)
	for _, k := range sdks {
		t.Run(k.line, func(t *testing.T) {
			if k.line == "lmnr-0.6" || k.line == "lmnr-0.7" {
				k.pkg.Lacks(t, "LMNR_DEBUG", "it reads no such variable")
				return
			}
			k.pkg.Check(t, "LMNR_DEBUG")
			var got written
			program := k.program(t, "started", "LMNR_DEBUG=true")
			program.Run(t, input{Lib: k.line, Port: srv.Port}, &got)
			if tr := srv.Await(t, got.Trace, 1); tr.Span(t, "started").SpanID != got.Span {
				t.Errorf("span %s is missing in:\n%s", got.Span, tr)
			}
			if !strings.Contains(program.Said(), "LMNR_DEBUG_RUN") || len(program.Complaints()) > 0 {
				t.Errorf("it says:\n%s", program.Said())
			}
		})
	}
}
