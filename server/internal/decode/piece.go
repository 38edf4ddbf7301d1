package decode

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// piece is a part of the text, perhaps decoded, that knows for each of its bytes where in the text it came from.
type piece struct {
	text string
	base int     // offset of the first byte, when at is nil
	at   []int32 // offset of each byte and of the end
}

func (p piece) pos(i int) int {
	if p.at == nil {
		return p.base + i
	}
	return int(p.at[min(i, len(p.at)-1)])
}

func (p piece) slice(from, to int) piece {
	out := piece{text: p.text[from:to], base: p.base + from}
	if p.at != nil {
		out.at = p.at[from : to+1]
	}
	return out
}

func (p piece) trim() piece {
	left := len(p.text) - len(strings.TrimLeft(p.text, " \t\r\n"))
	return p.slice(left, max(left, len(strings.TrimRight(p.text, " \t\r\n"))))
}

// builder makes a decoded piece out of another one.
type builder struct {
	from piece
	text []byte
	at   []int32
}

func (p piece) decoding() *builder {
	return &builder{from: p, text: make([]byte, 0, len(p.text)), at: make([]int32, 0, len(p.text)+1)}
}

func (b *builder) add(c byte, from int) {
	b.text = append(b.text, c)
	b.at = append(b.at, int32(b.from.pos(from)))
}

func (b *builder) addRune(r rune, from int) {
	var buf [utf8.UTFMax]byte
	for _, c := range buf[:utf8.EncodeRune(buf[:], r)] {
		b.add(c, from)
	}
}

func (b *builder) piece() piece {
	return piece{text: string(b.text), at: append(b.at, int32(b.from.pos(len(b.from.text))))}
}

// unescape takes backslashes out of what stands between quotes, in JSON's way. What JSON doesn't know (a shell's \$)
// stands for itself.
func (p piece) unescape() piece {
	t := p.text
	if strings.IndexByte(t, '\\') < 0 {
		return p
	}
	b := p.decoding()
	for i := 0; i < len(t); i++ {
		if t[i] != '\\' || i+1 == len(t) {
			b.add(t[i], i)
			continue
		}
		from := i
		i++
		switch t[i] {
		case 'n':
			b.add('\n', from)
		case 'r':
			b.add('\r', from)
		case 't':
			b.add('\t', from)
		case 'b':
			b.add('\b', from)
		case 'f':
			b.add('\f', from)
		case 'u':
			r, ok := hex4(t, i+1)
			if !ok {
				b.add('u', from)
				continue
			}
			i += 4
			if low, ok := rune(0), false; utf16.IsSurrogate(r) {
				if strings.HasPrefix(t[i+1:], `\u`) {
					low, ok = hex4(t, i+3)
				}
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					i += 6
				}
			}
			b.addRune(r, from)
		default:
			b.add(t[i], from)
		}
	}
	return b.piece()
}

func hex4(t string, at int) (rune, bool) {
	if at+4 > len(t) {
		return 0, false
	}
	n, err := strconv.ParseUint(t[at:at+4], 16, 16)
	return rune(n), err == nil
}

// maxWrappings is how many layers are taken off a value, as many as the SDK takes off.
const maxWrappings = 4

// unwrap takes JSON strings, URL encoding and base64 off a value until a JSON object appears, to know where in the text
// each character of the object is. Without one it returns the value as it is.
func (p piece) unwrap() (object piece, encodings []string) {
	object = p.trim()
	for range maxWrappings + 1 {
		if object.text == "" {
			break
		}
		next, encoding := piece{}, ""
		switch object.text[0] {
		case '{':
			return object, encodings
		case '"':
			if end := closing(object.text, 0); end == len(object.text)-1 {
				next, encoding = object.slice(1, end).unescape(), "json_string"
			}
		case '%':
			next, encoding = object.unURL(), "url"
		default:
			next, encoding = object.unBase64(), "base64"
		}
		if next.text == "" {
			break
		}
		object, encodings = next.trim(), append(encodings, encoding)
	}
	return p.trim(), nil
}

func (p piece) unURL() piece {
	plain := strings.ContainsAny(p.text, ":,") // encodeURI leaves these, and the plus sign, as they are
	b := p.decoding()
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '%':
			if i+3 > len(p.text) {
				return piece{}
			}
			decoded, err := url.PathUnescape(p.text[i : i+3])
			if err != nil {
				return piece{}
			}
			b.add(decoded[0], i)
			i += 2
		case c == '+' && !plain:
			b.add(' ', i)
		default:
			b.add(c, i)
		}
	}
	return b.piece()
}

func (p piece) unBase64() piece {
	t := strings.TrimRight(p.text, "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(t, "-_") {
		encoding = base64.RawURLEncoding
	}
	decoded, err := encoding.DecodeString(t)
	if err != nil || len(decoded) == 0 || strings.IndexByte(`{"%`, decoded[0]) < 0 || strings.ContainsAny(t, "\r\n") {
		return piece{}
	}
	b := p.decoding()
	for i, c := range decoded {
		b.add(c, i*4/3)
	}
	return b.piece()
}

// closing returns where the quote that opens at from is closed in the same line, or -1.
func closing(t string, from int) int {
	for i := from + 1; i < len(t); i++ {
		switch t[i] {
		case t[from]:
			return i
		case '\\':
			i++
		case '\n':
			return -1
		}
	}
	return -1
}

// lines knows the line and column of each offset.
type lines struct {
	text   string
	starts []int // of each line
	runes  []int // characters before each multiple of stride
}

const stride = 512

func newLines(text string) *lines {
	l := &lines{text: text, starts: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	count := 0
	for from := 0; from <= len(text); from += stride {
		l.runes = append(l.runes, count)
		count += begins(text[from:min(from+stride, len(text))])
	}
	return l
}

// begins counts the bytes at which a character begins. Of text that isn't UTF-8 the count is as good as any other.
func begins(text string) int {
	n := 0
	for i := range len(text) {
		if utf8.RuneStart(text[i]) {
			n++
		}
	}
	return n
}

func (l *lines) before(offset int) int {
	from := offset / stride * stride
	return l.runes[from/stride] + begins(l.text[from:offset])
}
