package demo

import (
	"context"
	"encoding/json"
	"net/http"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// question and reply are what the gateway is asked and answers.
type question struct {
	Question string `json:"question"`
}

type reply struct {
	Answer  string `json:"answer"`
	TraceID string `json:"trace_id"`
}

// Headers by which the sign-in in front of the gateway says who is asking.
const (
	headerUser    = "X-User-Id"
	headerSession = "X-Session-Id"
)

// runGateway takes questions from outside, puts them into the user's session and
// hands them to the planner.
func runGateway(ctx context.Context, r *role) error {
	client := &http.Client{Transport: clewhttp.Transport(nil)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ask", func(w http.ResponseWriter, req *http.Request) {
		var in question
		if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, 1<<20)).Decode(&in); err != nil {
			http.Error(w, "want {\"question\": \"…\"}", http.StatusBadRequest)
			return
		}
		r.step("got the question: %s", in.Question)
		span := clew.CurrentSpan(req.Context())
		span.SetInput(in.Question)
		span.AddTags("support")
		out, err := postJSON[reply](req.Context(), client, "http://"+r.planner+"/plan", in)
		if err != nil {
			span.RecordError(err)
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		span.SetOutput(out.Answer)
		out.TraceID = span.OTel().SpanContext().TraceID().String()
		answerJSON(w, out)
	})
	return r.serve(ctx, identify(clewhttp.Handler(mux)))
}

// identify stands outside of the span, so that the gateway's own span is in the
// session as well.
func identify(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := clew.WithUser(clew.WithSession(req.Context(), req.Header.Get(headerSession)), req.Header.Get(headerUser))
		ctx = clew.WithMetadata(ctx, attribute.String("channel", "web"))
		h.ServeHTTP(w, req.WithContext(ctx))
	})
}
