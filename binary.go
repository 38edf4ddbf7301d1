package clew

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// shortestBinary is the shortest base64 that is replaced, in characters: an icon or a key is left as it is.
const shortestBinary = 1024

// keepBinary is what Setup was told.
var keepBinary atomic.Bool

// KeepBinary records binary content as it is, bytes in base64, within the 10 MiB that every input and output may have. The
// default is to record its type, size and hash instead.
func KeepBinary() Option { return setupOption(func(c *setupConfig) { c.keepBinary = true }) }

// binary is what is recorded of bytes that are no text.
func binary(data []byte) string {
	hash := sha256.Sum256(data)
	return binaryMark(http.DetectContentType(data), int64(len(data)), hash[:])
}

func binaryMark(media string, size int64, hash []byte) string {
	if media, _, _ = strings.Cut(media, ";"); media == "text/plain" {
		media = "application/octet-stream" // it is no UTF-8
	}
	return fmt.Sprintf("[%s, %d bytes, sha256:%s]", media, size, hex.EncodeToString(hash))
}

// withoutBinary replaces base64 in text that stands in a data URL, or alone between quotes, and is no text itself.
func withoutBinary(text string) string {
	if len(text) < shortestBinary || keepBinary.Load() {
		return text
	}
	var out strings.Builder
	copied := 0
	const step = shortestBinary / 2 // of this many positions, a run of that length covers at least one
	for i := step; i < len(text); i += step {
		if !isBase64(text[i]) {
			continue
		}
		begin, end := i, i
		for begin > copied && isBase64(text[begin-1]) {
			begin--
		}
		for end < len(text) && isBase64(text[end]) {
			end++
		}
		i = end
		for end < len(text) && text[end] == '=' {
			end++
		}
		if mark, from, ok := described(text, copied, begin, end); ok {
			out.WriteString(text[copied:from])
			out.WriteString(mark)
			copied = end
		}
	}
	if copied == 0 {
		return text
	}
	return out.String() + text[copied:]
}

// described returns what stands for the base64 in text[begin:end], and where that is to begin.
func described(text string, copied, begin, end int) (mark string, from int, ok bool) {
	if end-begin < shortestBinary {
		return "", 0, false
	}
	media, from := "", begin
	if head := text[copied:begin]; strings.HasSuffix(head, ";base64,") {
		if data := strings.LastIndex(head[max(0, len(head)-128):], "data:"); data >= 0 {
			from = begin - min(len(head), 128) + data
			media = strings.TrimSuffix(text[from+len("data:"):begin], ";base64,")
		}
	}
	if media == "" && !(alone(text, begin, end) && mixed(text[begin:begin+shortestBinary])) {
		return "", 0, false
	}
	encoding := base64.StdEncoding
	if strings.ContainsAny(text[begin:end], "-_") {
		encoding = base64.URLEncoding
	}
	hash := sha256.New()
	first := &head{}
	encoded := strings.TrimRight(text[begin:end], "=")
	size, err := io.Copy(io.MultiWriter(hash, first), base64.NewDecoder(encoding.WithPadding(base64.NoPadding), strings.NewReader(encoded)))
	if err != nil {
		return "", 0, false
	}
	if media == "" {
		if media = http.DetectContentType(first.data); strings.HasPrefix(media, "text/plain") {
			return "", 0, false // a long word is more likely
		}
	}
	return binaryMark(media, size, hash.Sum(nil)), from, true
}

// alone reports whether text[begin:end] is the whole text, or what stands between quotes.
func alone(text string, begin, end int) bool {
	return (begin == 0 || text[begin-1] == '"') && (end == len(text) || text[end] == '"' || text[end] == '\\')
}

// mixed reports whether there are letters of both cases and digits, as in encoded bytes and in no word or number.
func mixed(s string) bool {
	const upper, lower, digit = 1, 2, 4
	seen := 0
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z':
			seen |= upper
		case 'a' <= c && c <= 'z':
			seen |= lower
		case '0' <= c && c <= '9':
			seen |= digit
		}
	}
	return seen == upper|lower|digit
}

// head keeps the first bytes, which tell the type.
type head struct{ data []byte }

func (h *head) Write(p []byte) (int, error) {
	if n := 512 - len(h.data); n > 0 {
		h.data = append(h.data, p[:min(n, len(p))]...)
	}
	return len(p), nil
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}
