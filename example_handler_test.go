package clew_test

import (
	"net/http"
	"net/http/httptest"

	"github.com/clewhq/clew"
)

// A request handler is observed by hand. Package clewhttp does the same for every handler at once.
func Example_requestHandler() {
	done := recording()
	defer done()

	handler := func(w http.ResponseWriter, r *http.Request) {
		ctx, span := clew.Start(r.Context(), "POST /ask", clew.Input(r.URL.Query().Get("q")))
		defer span.End()
		clew.StartDetached(ctx, "look up", clew.TOOL).End()
		w.WriteHeader(http.StatusNoContent)
		span.SetOutput(http.StatusNoContent)
	}
	handler(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/ask?q=why", nil))

	// Output:
	// POST /ask in=why out=204
	//   look up TOOL
}
