package propagators

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// maxWrappings is how many layers of quoting or encoding are taken off: JSON in a JSON string in a URL in base64 is
// already more than any sender was seen to produce.
const maxWrappings = 4

// looksLikeLaminar accepts every form that unwrap can take off. Base64 of a JSON object begins with e and of a JSON
// string with I, whatever follows.
func looksLikeLaminar(text string) bool {
	switch {
	case text == "":
		return false
	case text[0] == 'e':
		return len(text) > 1 && text[1] >= 'w' && text[1] <= 'z' // {, then white space or a quotation mark
	}
	return strings.IndexByte(`{"%I`, text[0]) >= 0
}

// unwrap takes off quoting, URL encoding and base64 until a JSON object appears.
func unwrap(text string) (string, *Refusal) {
	refuse := func(reason Reason, detail string, at int) (string, *Refusal) {
		return "", fault{reason, detail}.refuse("laminar", "", at)
	}
	for range maxWrappings + 1 {
		if len(text) > MaxText {
			return refuse(ReasonTooLong, "longer than "+strconv.Itoa(MaxText)+" bytes", MaxText)
		}
		if text == "" || text[0] != '{' { // what stands behind an object the scanner sees
			text = strings.Trim(text, " \t\r\n")
		}
		if text == "" {
			return refuse(ReasonEmpty, "empty", 0)
		}
		switch text[0] {
		case '{':
			return text, nil
		case '"':
			s := scanner{text: text}
			why := s.str()
			if why == "" && s.at < len(text) {
				why = "text after the JSON string"
			}
			if why != "" {
				return refuse(ReasonSyntax, why, s.at)
			}
			text, _ = unquote(s.since(0))
		case '%':
			decode := url.QueryUnescape // encodeURIComponent and forms: a plus sign is a space
			if strings.ContainsAny(text, ":,") {
				decode = url.PathUnescape // encodeURI leaves these, and the plus sign, as they are
			}
			decoded, err := decode(text)
			if err != nil {
				return refuse(ReasonEncoding, "bad URL encoding", -1)
			}
			text = decoded
		default:
			decoded, ok := decodeBase64(text)
			if !ok {
				return refuse(ReasonSyntax, "not a JSON object, nor one that is URL- or base64-encoded", 0)
			}
			text = decoded
		}
	}
	return refuse(ReasonTooDeep, "encoded more than 4 times over", -1)
}

// decodeBase64 reads either alphabet, padded or not.
func decodeBase64(text string) (string, bool) {
	text = strings.TrimRight(text, "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	decoded, err := encoding.DecodeString(text)
	if err != nil || len(decoded) == 0 || strings.IndexByte(`{"%`, decoded[0]) < 0 {
		return "", false
	}
	return string(decoded), true
}
