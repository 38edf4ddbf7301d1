package redact

import (
	"strings"
)

// telling are the names that Keys hides unless it is given others, in the form of plainName.
var telling = []string{
	"password", "passwd", "pwd", "passphrase", "secret", "clientsecret", "token", "accesstoken", "refreshtoken", "idtoken",
	"authtoken", "sessiontoken", "apikey", "xapikey", "privatekey", "secretkey", "accesskey", "authorization",
	"proxyauthorization", "cookie", "setcookie", "credentials", "credential", "connectionstring", "ssn",
	"socialsecuritynumber", "cvv", "cvc", "pin", "otp",
}

// Keys hides what has one of these names, whatever it is: attributes, fields of JSON, and name=value in other text, such as
// a URL. Case, and the characters - _ . and space, do not matter, and of an attribute's key the part after the last dot counts
// too. Without names it hides passwords, secrets, tokens, keys, cookies and credentials.
func Keys(names ...string) Redactor {
	if len(names) == 0 {
		names = telling
	}
	secret := make(map[string]bool, len(names))
	for _, name := range names {
		secret[plainName(name)] = true
	}
	hides := func(name string) bool {
		if secret[plainName(name)] {
			return true
		}
		i := strings.LastIndexByte(name, '.')
		return i >= 0 && secret[plainName(name[i+1:])]
	}
	return Redactor{Name: hides, Text: func(text string) string { return assignments(text, hides) }}
}

// longestName is how long a name may be to be looked at.
const longestName = 128

func plainName(name string) string {
	if len(name) > longestName {
		return ""
	}
	return strings.ToLower(separators.Replace(name))
}

var separators = strings.NewReplacer("-", "", "_", "", ".", "", " ", "")

// assignments hides values of name=value.
func assignments(text string, hides func(string) bool) string {
	var out strings.Builder
	copied := 0
	for at := 0; ; {
		n := strings.IndexByte(text[at:], '=')
		if n < 0 {
			break
		}
		equals := at + n
		at = equals + 1
		begin := equals
		for begin > copied && equals-begin < longestName && isName(text[begin-1]) {
			begin--
		}
		end := at
		for end < len(text) && !endsValue(text[end]) {
			end++
		}
		if begin == equals || end == at || !hides(text[begin:equals]) {
			continue
		}
		out.WriteString(text[copied:at])
		out.WriteString(Mark)
		copied, at = end, end
	}
	if copied == 0 {
		return text
	}
	return out.String() + text[copied:]
}

func isName(c byte) bool {
	return isAlphanumeric(c) || c == '_' || c == '-' || c == '.'
}

// endsValue reports whether a value without quotes ends before c.
func endsValue(c byte) bool { return c <= ' ' || strings.IndexByte("&;,\"'<>(){}|\\`", c) >= 0 }

func isAlphanumeric(c byte) bool { return isDigit(c) || isLetter(c) }
func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isLetter(c byte) bool       { return 'a' <= c|0x20 && c|0x20 <= 'z' }
