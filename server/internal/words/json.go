package words

import "strings"

// LooksLikeJSON reports whether text begins as a JSON array, object or string does.
func LooksLikeJSON(text string) bool {
	return text != "" && (text[0] == '{' || text[0] == '[' || text[0] == '"')
}

// EndOfString returns the index of the quote that ends the string of JSON which
// begins at i, or the text's length.
func EndOfString(text string, i int) int {
	i++
	end := next(text, '"', i)
	for {
		escape := strings.IndexByte(text[i:end], '\\')
		if escape < 0 {
			return end
		}
		if i += escape + 2; i > end {
			if end == len(text) {
				return end
			}
			end = next(text, '"', i)
		}
	}
}
