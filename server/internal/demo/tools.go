package demo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// parcel is what the shop knows of an order.
type parcel struct {
	Order    string  `json:"order"`
	Status   string  `json:"status"`
	LastSeen string  `json:"last_seen"`
	Amount   float64 `json:"amount"`
}

var parcels = map[string]parcel{
	"A-1042": {"A-1042", "lost", "Rotterdam, 9 days ago", 129.90},
	"A-1043": {"A-1043", "in transit", "Hamburg, yesterday", 24.50},
}

var errCarrierBusy = errors.New("the carrier's API is busy, try again")

// runTools serves the planner's tools over HTTP. The carrier behind them is busy
// at the first request for each order, as carriers are.
func runTools(ctx context.Context, r *role) error {
	var mu sync.Mutex
	asked := map[string]bool{}
	lookUp := clew.Func("ask the carrier", func(_ context.Context, order string) (parcel, error) {
		mu.Lock()
		defer mu.Unlock()
		if !asked[order] {
			asked[order] = true
			return parcel{}, errCarrierBusy
		}
		p, ok := parcels[order]
		if !ok {
			return parcel{Order: order, Status: "unknown"}, nil
		}
		return p, nil
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tools/track_order", func(w http.ResponseWriter, req *http.Request) {
		var in struct{ Order string }
		if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, 1<<20)).Decode(&in); err != nil {
			http.Error(w, "want {\"order\": \"…\"}", http.StatusBadRequest)
			return
		}
		found, err := lookUp(req.Context(), in.Order)
		if err != nil {
			r.step("%v", err)
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		r.step("found order %s: %s", found.Order, found.Status)
		answerJSON(w, found)
	})
	return r.serve(ctx, clewhttp.Handler(mux))
}
