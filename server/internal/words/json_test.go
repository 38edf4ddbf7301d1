package words

import (
	"math"
	"testing"
)

func TestAStringOfJSONEndsAtItsQuote(t *testing.T) {
	walk := func(s string) int {
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case '"':
				return i
			}
		}
		return len(s)
	}
	for n := range 3 * 3 * 3 * 3 * 3 * 3 * 3 {
		s := `"`
		for size := range 1 + n%7 {
			s += string(`a"\`[n/int(math.Pow(3, float64(size)))%3])
		}
		if got, want := EndOfString(s, 0), walk(s); got != want {
			t.Errorf("%s ends at %d, want %d", s, got, want)
		}
	}
}
