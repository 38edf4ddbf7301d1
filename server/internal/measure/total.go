package measure

import (
	"math"
	"math/bits"
)

// Total is a sum of 64-bit numbers that can't overflow, so that what was added
// can be taken away again, in any order. It is a number of 128 bits in two's
// complement.
type Total struct {
	Hi int64
	Lo uint64
}

// Add adds n, which may be negative.
func (t *Total) Add(n int64) { t.Merge(Total{n >> 63, uint64(n)}) }

// Merge adds another total.
func (t *Total) Merge(o Total) {
	lo, carry := bits.Add64(t.Lo, o.Lo, 0)
	hi, _ := bits.Add64(uint64(t.Hi), uint64(o.Hi), carry)
	t.Hi, t.Lo = int64(hi), lo
}

// Negate changes the sign.
func (t *Total) Negate() {
	lo, borrow := bits.Sub64(0, t.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(t.Hi), borrow)
	t.Hi, t.Lo = int64(hi), lo
}

// Int64 is the total, or the nearest number that 64 bits can hold.
func (t Total) Int64() int64 {
	switch {
	case t.Hi == int64(t.Lo)>>63:
		return int64(t.Lo)
	case t.Hi < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}

// over is the total divided by n, for a total that is a sum of n numbers of at
// least 0.
func (t Total) over(n int64) int64 {
	if n <= 0 || t.Hi < 0 || uint64(t.Hi) >= uint64(n) {
		return 0
	}
	q, _ := bits.Div64(uint64(t.Hi), t.Lo, uint64(n))
	return int64(q)
}
