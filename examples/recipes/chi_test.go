package recipes_test

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/go-chi/chi/v5"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// traced is the middleware that every router over net/http takes: chi, gorilla/mux, negroni, alice and others.
func traced(next http.Handler) http.Handler { return clewhttp.Handler(next) }

// chi's route gives the server's span its name.
func Example_chi() {
	router := chi.NewRouter()
	router.Use(traced)
	router.Get("/orders/{id}", func(_ http.ResponseWriter, r *http.Request) {
		check(clew.Run(r.Context(), "load "+chi.URLParam(r, "id"), func(ctx context.Context) error { tell(ctx); return nil }))
	})
	server := httptest.NewServer(router)

	get(server.URL + "/orders/7")
	server.Close()
	served()

	// Output:
	// ask > GET > GET > load 7 in session chat-7
	// served GET /orders/{id}
}

// get asks a server as a traced client does.
func get(url string) {
	check(clew.Run(clew.WithSession(context.Background(), "chat-7"), "ask", func(ctx context.Context) error {
		req := must(http.NewRequestWithContext(ctx, http.MethodGet, url, nil))
		resp := must((&http.Client{Transport: clewhttp.Transport(nil)}).Do(req))
		return resp.Body.Close()
	}))
}
