package redact

import (
	"strings"
	"unicode/utf8"
)

// Emails replaces e-mail addresses by [email], also where the @ is written as %40.
func Emails() Redactor { return Redactor{Text: emails} }

func emails(text string) string { return addresses(addresses(text, "@"), "%40") }

func addresses(text, at string) string {
	var out strings.Builder
	copied := 0
	for i := 0; ; {
		n := strings.Index(text[i:], at)
		if n < 0 {
			break
		}
		i += n
		domain := i + len(at)
		begin, end := i, domain
		for begin > copied && isLocal(text[begin-1]) {
			begin--
		}
		for begin < i && text[begin] == '.' {
			begin++
		}
		for end < len(text) && isDomain(text[end]) {
			end++
		}
		for end > domain && !isAlphanumeric(text[end-1]) && text[end-1] < utf8.RuneSelf {
			end--
		}
		dot := strings.LastIndexByte(text[domain:end], '.')
		none := begin == i || dot < 1 || end-domain-dot < 3 || isDigit(text[end-1])
		if i = domain; none {
			continue
		}
		out.WriteString(text[copied:begin])
		out.WriteString("[email]")
		copied, i = end, end
	}
	if copied == 0 {
		return text
	}
	return out.String() + text[copied:]
}

func isLocal(c byte) bool {
	return isAlphanumeric(c) || c >= utf8.RuneSelf || strings.IndexByte("._+-", c) >= 0
}

func isDomain(c byte) bool { return isAlphanumeric(c) || c >= utf8.RuneSelf || c == '.' || c == '-' }

// Cards replaces numbers of payment cards by [card]: 13 to 19 digits, also in groups with spaces or hyphens between, that
// begin like a card's and whose check digit is right.
func Cards() Redactor { return Redactor{Text: cards} }

const (
	shortestCard = 13 // digits, ISO/IEC 7812
	longestCard  = 19
)

func cards(text string) string {
	var out strings.Builder
	copied := 0
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		groups, end := digits(text, i)
		free := i == 0 || !isAlphanumeric(text[i-1]) && text[i-1] != '_' && text[i-1] < utf8.RuneSelf
		for free && len(groups) > 0 {
			n := cardOf(text, groups)
			if n == 0 {
				groups = groups[1:]
				continue
			}
			out.WriteString(text[copied:groups[0][0]])
			out.WriteString("[card]")
			copied = groups[n-1][1]
			groups = groups[n:]
		}
		i = end
	}
	if copied == 0 {
		return text
	}
	return out.String() + text[copied:]
}

// digits returns the groups of digits that begin at i, one space or hyphen apart, and where the last one ends. A group
// that goes on with letters belongs to something else.
func digits(text string, i int) (groups [][2]int, end int) {
	for {
		end = i
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		if end < len(text) && (isLetter(text[end]) || text[end] == '_' || text[end] >= utf8.RuneSelf) {
			return groups, end
		}
		groups = append(groups, [2]int{i, end})
		if end+1 >= len(text) || text[end] != ' ' && text[end] != '-' || !isDigit(text[end+1]) {
			return groups, end
		}
		i = end + 1
	}
}

// cardOf returns how many of the groups are a card's number, or 0.
func cardOf(text string, groups [][2]int) int {
	if first := text[groups[0][0]]; first < '2' || first > '6' { // what networks of cards have been given
		return 0
	}
	found, number := 0, make([]byte, 0, longestCard)
	for n, g := range groups {
		if len(number)+g[1]-g[0] > longestCard {
			break
		}
		number = append(number, text[g[0]:g[1]]...)
		if len(number) >= shortestCard && luhn(number) {
			found = n + 1
		}
	}
	return found
}

// luhn reports whether the last digit checks the others.
func luhn(number []byte) bool {
	sum := 0
	for i := range number {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
