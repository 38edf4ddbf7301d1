package transcript

import (
	"encoding/json"
	"hash/maphash"
	"strings"

	"github.com/clewhq/clew/server/internal/dialect"
)

var seed = maphash.MakeSeed()

// key stands for a message: two that say the same have the same hash, whatever
// they are called, however they ended and whether their reasoning was sent back.
type key struct {
	hash  uint64
	calls []string // ids of the calls of tools in it
}

func keyOf(m dialect.Message) key {
	var h maphash.Hash
	h.SetSeed(seed)
	var out key
	word := func(s string) {
		_, _ = h.WriteString(s) // never fails
		_ = h.WriteByte(0)
	}
	word(m.Role)
	for _, p := range m.Parts {
		if p.Type == dialect.Reasoning {
			continue
		}
		word(string(p.Type))
		word(strings.TrimSpace(p.Text))
		word(p.ID)
		if p.Type == dialect.Call {
			word(p.Name)
			if p.ID != "" {
				out.calls = append(out.calls, p.ID)
			}
		}
		if p.Value != nil {
			b, _ := json.Marshal(p.Value) // of decoded JSON: never fails
			_, _ = h.Write(b)
		}
		word(p.URL)
		word(p.MIME)
	}
	out.hash = h.Sum64()
	return out
}

// news returns the places of the messages that the call before neither got nor
// gave. goesOn is false when the two share no more than instructions: then it is
// another conversation.
//
// Messages are matched in their order, so that of two equal ones the second is
// new. What an assistant says where the call before gave its answer is that
// answer, even if it is worded differently.
func news(messages []dialect.Message, keys []key, before *heard) (fresh []int, goesOn bool) {
	places := map[uint64][]int{}
	for i, k := range before.keys {
		places[k.hash] = append(places[k.hash], i)
	}
	next := 0   // place in before from which on messages are matched
	known := -1 // the latest message that is not new
	for i, k := range keys {
		at := places[k.hash]
		for len(at) > 0 && at[0] < next {
			at = at[1:]
		}
		places[k.hash] = at
		role := messages[i].Role
		switch {
		case len(at) > 0:
			next = at[0] + 1
		case role == "assistant" && goesOn && known == i-1 && next >= before.given && next < len(before.keys):
			// The answer in other words.
		default:
			fresh = append(fresh, i)
			continue
		}
		known = i
		goesOn = goesOn || role != "system" && role != "developer"
	}
	return fresh, goesOn
}
