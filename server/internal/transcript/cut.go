package transcript

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/clewhq/clew/server/internal/dialect"
)

// maxText bounds one text, or one value as JSON, in bytes; the span has the rest.
const maxText = 16 << 10

// Message is a message of which what is long is cut.
type Message struct {
	At                 int // its place in the input of the call; 0 in an answer
	Role, Name, Finish string
	Parts              []Part
}

// Part is a part of a message.
type Part struct {
	dialect.Part
	Cut int // bytes of its text or value that are left out
}

func cutMessage(m dialect.Message, at int) Message {
	out := Message{At: at, Role: m.Role, Name: m.Name, Finish: m.Finish, Parts: make([]Part, len(m.Parts))}
	for i, p := range m.Parts {
		out.Parts[i] = cutPart(p)
	}
	return out
}

func cutPart(p dialect.Part) Part {
	out := Part{Part: p}
	out.Text = beginning(p.Text)
	out.Cut = len(p.Text) - len(out.Text)
	var cut int
	out.Value, cut = cutValue(p.Value)
	out.Cut += cut
	return out
}

// cutValue returns the beginning of what is too long, as text, and how many bytes are missing.
func cutValue(v any) (any, int) {
	s, ok := v.(string)
	if !ok {
		b, _ := json.Marshal(v) // of decoded JSON: never fails
		if len(b) <= maxText {
			return v, 0
		}
		s = string(b)
	}
	short := beginning(s)
	return short, len(s) - len(short)
}

// beginning returns at most maxText bytes of s, no character cut in two.
func beginning(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
