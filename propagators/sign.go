package propagators

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// signatureField is the last member of a signed context. Other readers of Laminar's format skip it, as they skip every
// name they do not know.
const signatureField = `,"clewSignature":"`

// signatureLength is that of an HMAC-SHA256 in unpadded base64.
const signatureLength = 43

// SignLaminar adds a signature to what WriteLaminar returned: the member "clewSignature", last of the object, with the
// HMAC-SHA256 of all the text as it was without that member, in unpadded base64 of the URL alphabet. Whoever has the key
// can tell that a sender with the key wrote every byte of it. It does not hide anything, and it does not end: a text
// can be used again by whoever has seen it. With an empty key, or for an empty text, it returns text as it is.
func SignLaminar(text string, key []byte) string {
	body, ok := strings.CutSuffix(text, "}")
	if !ok || len(key) == 0 {
		return text
	}
	return body + signatureField + signature(text, key) + `"}`
}

func signature(text string, key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verify checks the signature of a text in any encoding that can be read. The comparison takes the same time whatever
// the signature is.
func verify(text string, keys [][]byte) *Refusal {
	object, refusal := unwrap(text)
	object = strings.TrimRight(object, " \t\r\n") // a line end, after a text that came from a file
	unsigned := fault{ReasonUnsigned, "has no signature"}.refuse(laminar.Name, "", -1)
	if refusal != nil {
		return unsigned // another format, and no other can be signed
	}
	end := len(object) - len(`"}`) - signatureLength
	begin := end - len(signatureField)
	if begin < 1 || object[begin:end] != signatureField || !strings.HasSuffix(object, `"}`) {
		return unsigned
	}
	body, given := object[:begin]+"}", object[end:end+signatureLength]
	good := false
	for _, key := range keys {
		good = len(key) > 0 && hmac.Equal([]byte(signature(body, key)), []byte(given)) || good
	}
	if !good {
		return fault{ReasonSignature, "the signature is not by any of the keys"}.refuse(laminar.Name, "", end)
	}
	return nil
}

// verified refuses what was read in a format that cannot be signed, and what was not signed or wrongly.
func verified(got Carried, f *Format, in []Values, keys [][]byte) (Carried, *Refusal) {
	if got.empty() {
		return got, nil
	}
	if f.Name != laminar.Name {
		return Carried{}, fault{ReasonUnsigned, "cannot be signed"}.refuse(f.Name, "", -1)
	}
	text, _ := laminarText(in)
	if refusal := verify(text, keys); refusal != nil {
		return Carried{}, refusal
	}
	return got, nil
}
