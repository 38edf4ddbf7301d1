// Package terminal shows what the API answers to a person at a terminal.
package terminal

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Duration writes nanoseconds in the largest unit that fits; it has about three digits.
func Duration(ns int64) string {
	d := time.Duration(max(0, ns))
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d < unit.of {
			continue
		}
		x, digits := float64(d)/float64(unit.of), 1
		if x >= 100 {
			digits = 0
		}
		return strconv.FormatFloat(x, 'f', digits, 64) + " " + unit.name
	}
	return strconv.FormatInt(int64(d), 10) + " ns"
}

// Cost writes dollars with as many digits as they have, "" when they are unknown.
func Cost(dollars *float64) string {
	if dollars == nil {
		return ""
	}
	return "$" + strconv.FormatFloat(*dollars, 'f', -1, 64)
}

// Tokens writes tokens in and out as "81→40", an unknown one as "?", and "" when
// neither is known.
func Tokens(in, out *int64) string {
	if in == nil && out == nil {
		return ""
	}
	number := func(n *int64) string {
		if n == nil {
			return "?"
		}
		return strconv.FormatInt(*n, 10)
	}
	return number(in) + "→" + number(out)
}

// Cut shortens s to width characters, the last of which is then an ellipsis.
func Cut(s string, width int) string {
	if runes(s) <= width {
		return s
	}
	return string([]rune(s)[:max(0, width-1)]) + "…"
}

// Some writes the first few of names, as "a,b,c +7" when there are more.
func Some(names []string, few int) string {
	more := ""
	if len(names) > few {
		more = " +" + strconv.Itoa(len(names)-few)
		names = names[:few]
	}
	return strings.Join(names, ",") + more
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// Printable makes a stranger's text safe for one line of a terminal: what it
// would obey instead of show is replaced. Nothing becomes "(no name)".
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, cmp.Or(s, "(no name)"))
}
