package propagators

// plain are the bytes that stand for themselves in a JSON string.
var plain = func() (out [256]bool) {
	for c := range out {
		out[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return out
}()

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// eight are the next eight bytes of a text that has as many.
func eight(t string) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// special has a high bit set if one of the eight bytes is not plain.
func special(w uint64) uint64 {
	quote, backslash := w^(ones*'"'), w^(ones*'\\')
	return ((w-ones*0x20)&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs
}

// simple reports whether text is printable ASCII without a backslash, as nearly every context is.
func simple(text string) bool { return printable(text, '\\') }

// printable reports whether text is printable ASCII with neither a backslash nor mark in it.
func printable(text string, mark byte) bool {
	if len(text) < 8 {
		for i := range len(text) {
			if c := text[i]; c < ' ' || c == '\\' || c >= 0x7f || c == mark {
				return false
			}
		}
		return true
	}
	marks := ones * uint64(mark)
	found := unusual(eight(text[len(text)-8:]), marks)
	for ; len(text) > 8; text = text[8:] {
		found |= unusual(eight(text), marks)
	}
	return found&highs == 0
}

// unusual has a high bit set if one of the eight bytes is not printable ASCII, a backslash, or the byte that marks repeats:
// what is no ASCII has it, one behind it was DEL, and what fell below zero was a control character or one of the two.
func unusual(w, marks uint64) uint64 {
	return w | (w + ones) | (w - ones*' ') | ((w ^ ones*'\\') - ones) | ((w ^ marks) - ones)
}

// plainPrefix is how many bytes at the beginning of text are plain, or up to seven less: it looks at eight at a time.
func plainPrefix(text string) int {
	i := 0
	for ; i+8 <= len(text) && special(eight(text[i:])) == 0; i += 8 {
	}
	return i
}
