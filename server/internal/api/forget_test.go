package api

import (
	"net/http"
	"testing"

	"github.com/clewhq/clew/server/client"
)

func TestForgettingAUserLeavesNothingOfTheirTracesAndAllOfTheOthers(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	receipt, err := srv.Forget(t.Context(), client.Query{Text: "user:ada"})
	if err != nil || receipt.Traces != 1 || receipt.Spans != 3 || receipt.More {
		t.Fatalf("receipt %+v, %v", receipt, err)
	}
	if _, err := srv.Trace(t.Context(), wholeTrace.String()); !client.IsNotFound(err) {
		t.Errorf("the trace is still there: %v", err)
	}
	if list, err := srv.Traces(t.Context(), client.Query{}); err != nil || len(list.Items) != 3 {
		t.Errorf("%d traces are left, %v", len(list.Items), err)
	}
	if receipt, err := srv.Forget(t.Context(), client.Query{Text: "user:ada"}); err != nil || receipt != (client.Receipt{}) {
		t.Errorf("once more: %+v, %v", receipt, err)
	}
}

func TestForgettingGoesPageByPage(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	for i := range 4 {
		receipt, err := srv.Forget(t.Context(), client.Query{Text: "start>1970-01-02", Limit: 1})
		if err != nil || receipt.Traces != 1 || receipt.More != (i < 3) {
			t.Fatalf("page %d: %+v, %v", i, receipt, err)
		}
	}
}

func TestForgettingEverythingByAccidentIsRefused(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	for _, query := range []string{"", "?limit=5", "?q=", "?q=%20", "?cursor=x&user=ada", "?q=usr:ada"} {
		if resp, body := srv.get(t, http.MethodDelete, "/traces"+query); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%q got %d %s", query, resp.StatusCode, body)
		}
	}
	if list, err := srv.Traces(t.Context(), client.Query{}); err != nil || len(list.Items) != 4 {
		t.Errorf("%d traces are left, %v", len(list.Items), err)
	}
}
