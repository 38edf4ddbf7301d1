// Package retention lets a store forget: traces that nothing happened in for
// long, and the longest idle ones when the store is too large. Whole traces go;
// one that is resumed again and again stays, however old its first span is.
package retention

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Policy says what is kept. The zero value keeps everything.
type Policy struct {
	Age  time.Duration // traces without activity for longer go; 0 is no limit
	Size int64         // bytes of the store, free space left out; 0 is no limit
}

// every is how often a Keeper looks, atOnce how many traces it deletes in one
// call.
const (
	every  = time.Minute
	atOnce = 512
)

// Keeper keeps a store to its policy.
type Keeper struct {
	Store  store.Store
	Policy Policy
	Log    *slog.Logger
	Now    func() time.Time
}

// Run sweeps at once and then once a minute, until ctx is done. It logs what
// went.
func (k *Keeper) Run(ctx context.Context) {
	if k.Policy == (Policy{}) {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		receipt, err := k.Sweep(ctx)
		if receipt != (store.Receipt{}) {
			k.Log.Info("traces were deleted, as --retention and --max-size say", "traces", receipt.Traces, "spans", receipt.Spans,
				"events", receipt.Events, "messages", receipt.Messages)
		}
		if err != nil && ctx.Err() == nil {
			k.Log.Error("traces that are due could not be deleted; it will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Sweep deletes what the policy says and returns what went, also when it fails.
func (k *Keeper) Sweep(ctx context.Context) (total store.Receipt, err error) {
	if k.Policy.Age > 0 {
		before := trace.Time(k.Now().Add(-k.Policy.Age).UnixNano())
		for more := true; more && err == nil; {
			more, err = k.delete(ctx, &total, before, atOnce)
		}
	}
	for k.Policy.Size > 0 && err == nil {
		st, err := k.Store.Stats(ctx)
		if err != nil {
			return total, err
		}
		used := st.Bytes - st.Free
		if used <= k.Policy.Size || st.Traces == 0 {
			break
		}
		// About as many as hold what is too much, so that the last step isn't a leap.
		n := int(math.Ceil(float64(st.Traces) * (1 - float64(k.Policy.Size)/float64(used))))
		if more, err := k.delete(ctx, &total, math.MaxInt64, min(n, atOnce)); err != nil || !more {
			return total, err
		}
	}
	return total, err
}

// delete deletes up to n traces that were idle since before, and reports
// whether there were any.
func (k *Keeper) delete(ctx context.Context, total *store.Receipt, before trace.Time, n int) (bool, error) {
	ids, err := k.Store.Idle(ctx, before, n)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	some, err := k.Store.Delete(ctx, ids...)
	total.Add(some)
	return true, err
}
