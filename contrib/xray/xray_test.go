package clewxray_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	clewxray "github.com/clewhq/clew/contrib/xray"
	"github.com/clewhq/clew/propagators"
)

const (
	traceID = "5759e988bd862e3fe1be46a994272793"
	spanID  = "53995c3f42cd8ad8"
	full    = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
)

func setup(t *testing.T, opts ...clew.Option) {
	t.Helper()
	opts = append(opts, clew.MoreFormats(clewxray.Format), clew.Exporter(tracetest.NewNoopExporter()), clew.Logger(slog.New(slog.DiscardHandler)))
	shutdown, err := clew.Setup(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shutdown(context.Background()) })
}

// TestWhatAHeaderMeans goes by
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader.
func TestWhatAHeaderMeans(t *testing.T) {
	for name, tc := range map[string]struct {
		header   string
		parent   bool
		sampled  bool
		sampling propagators.Sampling
		reason   propagators.Reason
	}{
		"all three parts":                    {full, true, true, propagators.SamplingFlag, ""},
		"in another order":                   {"Sampled=0;Parent=" + spanID + ";Root=1-5759e988-bd862e3fe1be46a994272793", true, false, propagators.SamplingFlag, ""},
		"with spaces, as some proxies write": {strings.ReplaceAll(full, ";", "; "), true, true, propagators.SamplingFlag, ""},
		"with parts of others":               {"Self=1-5759e988-12456789abcdef012345678;" + full + ";Lineage=a87bd80c:1|68fd508a:5", true, true, propagators.SamplingFlag, ""},
		"the receiver is to decide":          {strings.Replace(full, "Sampled=1", "Sampled=?", 1), true, true, propagators.SamplingDefer, ""},
		"nothing about sampling":             {strings.TrimSuffix(full, ";Sampled=1"), true, true, propagators.SamplingDefer, ""},
		"a load balancer's, without parent":  {"Root=1-5759e988-bd862e3fe1be46a994272793", false, false, propagators.SamplingFlag, ""},
		"a short trace id":                   {"Root=1-5759e988-bd86;Parent=" + spanID, false, false, propagators.SamplingFlag, propagators.ReasonSyntax},
		"a trace id of zeros":                {"Root=1-00000000-000000000000000000000000;Parent=" + spanID, false, false, propagators.SamplingFlag, propagators.ReasonSyntax},
		"a short parent":                     {"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53", false, false, propagators.SamplingFlag, propagators.ReasonSyntax},
		"no trace":                           {"Parent=" + spanID + ";Sampled=1", false, false, propagators.SamplingFlag, propagators.ReasonSyntax},
		"a part without a value":             {full + ";x", false, false, propagators.SamplingFlag, propagators.ReasonSyntax},
		"too long":                           {full + ";x=" + strings.Repeat("x", 1024), false, false, propagators.SamplingFlag, propagators.ReasonTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			got, refusal := clewxray.Format.Read(propagators.Map{"X-Amzn-Trace-Id": tc.header})
			if got.Valid() != tc.parent || got.SpanContext.IsSampled() != tc.sampled || got.Sampling != tc.sampling {
				t.Errorf("got %+v", got)
			}
			if tc.parent && (got.SpanContext.TraceID().String() != traceID || got.SpanContext.SpanID().String() != spanID || !got.SpanContext.IsRemote()) {
				t.Errorf("got %+v", got.SpanContext)
			}
			if (refusal == nil) != (tc.reason == "") || refusal != nil && refusal.Reason != tc.reason {
				t.Errorf("refusal %v", refusal)
			}
		})
	}
}

func TestTheFormatIsChosenByName(t *testing.T) {
	for name, tc := range map[string]struct {
		env  string
		opts []clew.Option
		want []string // headers written
	}{
		"nobody chose":       {"", nil, []string{"traceparent", "x-laminar-span-context"}},
		"by the option":      {"", []clew.Option{clew.ContextFormats("xray")}, []string{"x-amzn-trace-id"}},
		"by the environment": {"xray,tracecontext", nil, []string{"traceparent", "x-amzn-trace-id"}},
		"the option wins":    {"xray", []clew.Option{clew.ContextFormats("b3")}, []string{"b3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CLEW_PROPAGATORS", tc.env)
			setup(t, tc.opts...)
			ctx, span := clew.Start(t.Context(), "s")
			defer span.End()
			out := propagators.Map{}
			clew.Inject(ctx, out)
			written := map[string]bool{}
			for _, h := range tc.want {
				written[h] = true
			}
			got := map[string]bool{}
			for h := range out {
				got[h] = true
			}
			if diff := cmp.Diff(written, got); diff != "" {
				t.Errorf("headers (-want +got)\n%s", diff)
			}
			in := clew.Extract(context.Background(), propagators.Map{"X-AMZN-TRACE-ID": full})
			read := trace.SpanContextFromContext(in).SpanID().String() == spanID
			if chosen := tc.want[0] != "b3"; read != chosen {
				t.Errorf("read: %v, want %v", read, chosen)
			}
		})
	}
}

func TestW3CDecidesAndXRayOfAnotherTraceIsALink(t *testing.T) {
	setup(t)
	in := propagators.Map{"x-amzn-trace-id": full, "traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}
	_, span := clew.Start(clew.Extract(t.Context(), in), "s")
	defer span.End()
	if id := span.OTel().SpanContext().TraceID().String(); id != "0123456789abcdef0123456789abcdef" {
		t.Errorf("trace %s", id)
	}
	links := span.OTel().(interface{ Links() []sdktrace.Link }).Links()
	if len(links) != 1 || links[0].SpanContext.TraceID().String() != traceID {
		t.Errorf("links %v", links)
	}
}

func TestARefusalTellsWhy(t *testing.T) {
	setup(t)
	ctx := clew.Extract(t.Context(), propagators.Map{"x-amzn-trace-id": "Root=1;Parent=2"})
	if r := clew.Refusals(ctx); len(r) != 1 || r[0].Format != "xray" || r[0].Reason != propagators.ReasonSyntax {
		t.Errorf("refusals %v", r)
	}
}

func TestOneTraceAcrossHTTPWithNothingButXRay(t *testing.T) {
	setup(t, clew.ContextFormats("xray"))
	var seen trace.SpanContext
	server := httptest.NewServer(clewhttp.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = trace.SpanContextFromContext(r.Context())
		if len(r.Header.Values("X-Amzn-Trace-Id")) != 1 || r.Header.Get("Traceparent") != "" {
			t.Errorf("headers %v", r.Header)
		}
	})))
	defer server.Close()
	ctx, span := clew.Start(t.Context(), "s")
	defer span.End()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amzn-Trace-Id", full) // of the request that this one is made for
	resp, err := (&http.Client{Transport: clewhttp.Transport(nil)}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if seen.TraceID() != span.OTel().SpanContext().TraceID() {
		t.Errorf("the handler is in trace %s", seen.TraceID())
	}
}

func TestWhatLambdaAndSQSHandOverIsAString(t *testing.T) {
	setup(t)
	t.Setenv("_X_AMZN_TRACE_ID", full)
	ctx := clew.Continue(t.Context(), os.Getenv("_X_AMZN_TRACE_ID"))
	if sc := trace.SpanContextFromContext(ctx); sc.SpanID().String() != spanID {
		t.Errorf("continues %v", sc)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(full)
	f.Add("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8")
	f.Add(";;=;Parent=")
	f.Fuzz(func(t *testing.T, header string) {
		got, refusal := clewxray.Format.Read(propagators.Map{"x-amzn-trace-id": header})
		if !got.Valid() {
			return
		}
		if refusal != nil {
			t.Fatalf("both %+v and %v", got, refusal)
		}
		out := propagators.Map{}
		clewxray.Format.Write(got, out)
		again, refusal := clewxray.Format.Read(out)
		if refusal != nil || !again.SpanContext.Equal(got.SpanContext) || again.Sampling != got.Sampling {
			t.Fatalf("wrote %q of %+v and read %+v, %v", out, got, again, refusal)
		}
	})
}
