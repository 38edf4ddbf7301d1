package llmhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/clewhq/clew"
)

func TestARetryTellsWhatItRepeats(t *testing.T) {
	statuses := []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusOK}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		w.WriteHeader(statuses[0])
		statuses = statuses[1:]
		if _, err := io.WriteString(w, replyPlain); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	ctx, sc := caller(t)
	c := client()
	for range 3 {
		exchangeOf(t, c, post(t, ctx, srv.URL, askPlain))
	}
	got := spans(sc)
	if len(got) != 3 || len(got[0].Events()) != 1 || len(got[0].Links()) != 0 {
		t.Fatalf("%d spans, want three, and that the first repeats nothing", len(got))
	}
	for i, kind := range []string{"503", "429"} {
		s := got[i+1]
		if n := attr(s, "http.request.resend_count"); n != fmt.Sprint(i+1) {
			t.Errorf("attempt %d was sent %s times before", i+1, n)
		}
		if l := s.Links(); len(l) != 1 || l[0].SpanContext.SpanID() != got[i].SpanContext().SpanID() {
			t.Errorf("attempt %d has links %v, want one to the attempt before", i+1, l)
		}
		e := s.Events()[0]
		said := map[string]string{}
		for _, kv := range e.Attributes {
			said[string(kv.Key)] = kv.Value.String()
		}
		if e.Name != "retry" || said["error.type"] != kind || said["clew.llm.retry.wait"] == "" {
			t.Errorf("attempt %d has the event %s %v", i+1, e.Name, said)
		}
	}
}

func TestWhatIsAskedAnewIsNoRetry(t *testing.T) {
	srv := reply(t, `{"error":"no"}`, nil)
	ctx, sc := caller(t)
	c := client()
	ask := func(ctx context.Context, body string) {
		exchangeOf(t, c, post(t, ctx, srv.URL, body))
	}
	elsewhere, span := clew.Start(ctx, "another caller")
	span.End()
	ask(ctx, askPlain)  // fails
	ask(ctx, askStream) // says something else
	ask(elsewhere, askPlain)
	for _, s := range spans(sc) {
		if n := attr(s, "http.request.resend_count"); n != "" || len(s.Links()) > 0 {
			t.Errorf("%s is a retry: %s times sent before", s.Name(), n)
		}
	}
}
