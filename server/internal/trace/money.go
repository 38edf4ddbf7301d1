package trace

import (
	"math"
	"strconv"
)

// Money is an amount of US dollars in units of 1e-12: a price of $0.0375 for a
// million tokens is 37,500 a token, so that what a span costs is a whole number
// and what a trace costs is the same in whatever order its spans are added up.
// No Money is below 0.
type Money int64

// Dollar is one US dollar.
const Dollar Money = 1e12

// MaxMoney is the most that one span can cost. What claims more is no cost.
const MaxMoney = 1_000_000 * Dollar

// Dollars makes a Money of f dollars, rounded to the unit; ok is false when f is
// below 0, more than MaxMoney or no number.
func Dollars(f float64) (m Money, ok bool) {
	if !(f >= 0 && f <= float64(MaxMoney/Dollar)) {
		return 0, false
	}
	return Money(math.Round(f * float64(Dollar))), true
}

// Dollars returns m in dollars.
func (m Money) Dollars() float64 { return float64(m) / float64(Dollar) }

// String writes m as "$0.0021", with as many digits as it has.
func (m Money) String() string { return "$" + strconv.FormatFloat(m.Dollars(), 'f', -1, 64) }
