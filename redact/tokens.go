package redact

import (
	"strings"
)

// prefixes are how secrets begin that can be told by their beginning, and how many characters follow at least.
var prefixes = []struct {
	text  string
	least int
}{
	{"sk-", 16},         // OpenAI, Anthropic and those who imitate them
	{"ghp_", 20},        // GitHub
	{"gho_", 20},        //
	{"ghs_", 20},        //
	{"github_pat_", 20}, //
	{"glpat-", 16},      // GitLab
	{"xoxb-", 16},       // Slack
	{"xoxp-", 16},       //
	{"AKIA", 16},        // Amazon
	{"AIza", 30},        // Google
	{"hf_", 20},         // Hugging Face
	{"eyJ", 32},         // a JSON Web Token
}

// Tokens hides credentials that can be told by how they look: what follows the words Bearer and Basic, JSON Web Tokens, and
// keys of well-known services.
func Tokens() Redactor { return Redactor{Text: tokens} }

func tokens(text string) string {
	for _, s := range schemes {
		text = after(text, s.text, s.least)
	}
	for _, p := range prefixes {
		if strings.Contains(text, p.text) {
			text = beginning(text, p.text, p.least)
		}
	}
	return text
}

// schemes are the words before a credential, without their first letter, which may be either case.
var schemes = []struct {
	text  string
	least int
}{{"earer ", 8}, {"EARER ", 8}, {"asic ", 16}, {"ASIC ", 16}}

// after hides tokens of at least so many characters that follow a word with a b before it.
func after(text, word string, least int) string {
	var out strings.Builder
	copied := 0
	for i := 0; ; {
		n := strings.Index(text[i:], word)
		if n < 0 {
			break
		}
		b := i + n - 1
		i += n + len(word)
		if end := tokenEnd(text, i); end-i >= least && b >= 0 && text[b]|0x20 == 'b' && (b == 0 || !isAlphanumeric(text[b-1])) {
			out.WriteString(text[copied:i])
			out.WriteString(Mark)
			copied, i = end, end
		}
	}
	if copied == 0 {
		return text
	}
	return out.String() + text[copied:]
}

// beginning hides tokens with a prefix that at least so many characters follow.
func beginning(text, prefix string, least int) string {
	var out strings.Builder
	copied := 0
	for i := 0; ; {
		n := strings.Index(text[i:], prefix)
		if n < 0 {
			break
		}
		begin := i + n
		i = begin + len(prefix)
		end := tokenEnd(text, i)
		if end-i < least || begin > 0 && isAlphanumeric(text[begin-1]) {
			continue
		}
		out.WriteString(text[copied:begin])
		out.WriteString(Mark)
		copied, i = end, end
	}
	if copied == 0 {
		return text
	}
	return out.String() + text[copied:]
}

// tokenEnd returns where the characters end that a bearer token may have, RFC 6750.
func tokenEnd(text string, i int) int {
	for i < len(text) && (isAlphanumeric(text[i]) || strings.IndexByte("-._~+/=", text[i]) >= 0) {
		i++
	}
	return i
}
