// Package measuretest compares measures.
package measuretest

import (
	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/measure"
)

// Close compares measures as the contract does: quantiles within 1 %, all else
// as it is.
var Close = cmp.Comparer(func(a, b measure.Latency) bool {
	if a.Total != b.Total || a.Avg != b.Avg {
		return false
	}
	for _, pair := range [][2]int64{{a.Min, b.Min}, {a.P50, b.P50}, {a.P90, b.P90}, {a.P95, b.P95}, {a.P99, b.P99}, {a.Max, b.Max}} {
		x, y := float64(pair[0]), float64(pair[1])
		if d := x - y; max(d, -d) > 0.01*max(x, y)+0.5 { // a value is rounded to nanoseconds
			return false
		}
	}
	return true
})
