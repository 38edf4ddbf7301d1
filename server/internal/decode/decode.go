// Package decode finds span contexts in any text that a person pastes: one
// header, a block of headers, JSON (a serialized context, a carrier, an MCP
// request, a job), the output of env or of curl -v, a line of a log. Of each it
// says which format it is, where it stands, what it holds, what is wrong at
// which character, and what a receiver that uses Clew's SDK would do with it.
//
// It reads with package propagators, so it knows the formats of that package's
// table and agrees with the SDK about each of them; a format that is added there
// is decoded here. AWS X-Ray's, which the SDK leaves to contrib/xray, is in
// xray.go. What it adds is finding: a [finder] looks for the names of fields in
// whatever stands around them (scan.go, value.go; names.go has other names of
// the same fields), tells which of them are of one carrier (carrier.go), and
// looks for bare texts that some format reads. A [piece] knows for each decoded
// byte where in the pasted text it came from.
//
// The answer is in the wire types of package client, because the API and the
// command line hand it on as it is. The package does no I/O. The text is a
// stranger's: it is bounded by MaxText, any bytes are fine, and the work is
// linear in their number.
package decode

import (
	"cmp"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/client"
)

const (
	// MaxText is how many bytes of a text are read.
	MaxText = 256 << 10

	// MaxContexts is how many different contexts are told of.
	MaxContexts = 64

	maxProblems = 16      // of one context
	maxValue    = 8 << 10 // bytes of a value that are repeated in the answer
)

// Text says what span contexts text holds. What is beyond MaxText bytes is not
// read, and More is set. The store was not asked; Store says so.
func Text(text string) client.Decoded {
	d := &decoder{}
	if len(text) > MaxText {
		text, d.out.More = text[:MaxText], true
	}
	d.lines = newLines(text)
	whole := piece{text: text}
	f := &finder{}
	f.scan(whole, nil)
	if len(f.found) == 0 {
		f.whole(whole.trim())
	}
	d.out.More = d.out.More || f.full
	d.carriers(f.found)
	slices.SortStableFunc(d.out.Contexts, func(a, b client.DecodedContext) int {
		return cmp.Compare(a.Fields[0].At.Offset, b.Fields[0].At.Offset)
	})
	d.out.Disagreements = disagreements(d.out.Contexts)
	if d.out.Contexts == nil {
		d.out.Contexts = []client.DecodedContext{}
	}
	d.out.Store.Reason = "nobody asked"
	return d.out
}

// whole takes a text in which nothing was found as one bare context, if it looks at all like one.
func (f *finder) whole(p piece) {
	switch {
	case p.text == "":
	case guess(p.text) != "", isBare(p.text):
		f.found = append(f.found, found{value: p})
	}
}

// decoder turns what was found into the answer.
type decoder struct {
	lines *lines
	out   client.Decoded
	seen  map[string]int // place in out.Contexts
	count int            // carriers so far
}

// carriers reads what was found, carrier by carrier.
func (d *decoder) carriers(all []found) {
	d.seen = map[string]int{}
	var order []carrierKey
	groups := map[carrierKey]carrier{}
	for _, f := range all {
		if groups[f.key] == nil {
			order = append(order, f.key)
		}
		groups[f.key] = append(groups[f.key], f)
	}
	for _, key := range order {
		d.carrier(groups[key])
	}
}

func (d *decoder) carrier(c carrier) {
	var contexts []context
	if c[0].field == "" {
		contexts = append(contexts, readBare(c))
	} else {
		for i := range formats {
			if own := c.readBy(&formats[i]); len(own) > 0 {
				contexts = append(contexts, read(&formats[i], own))
			}
		}
	}
	judge(contexts)
	fresh := false
	for i := range contexts {
		x := &contexts[i]
		id := x.identity()
		if at, ok := d.seen[id]; ok {
			d.out.Contexts[at].Times++
			continue
		}
		if len(d.out.Contexts) == MaxContexts {
			d.out.More = true
			continue
		}
		fresh = true
		d.seen[id] = len(d.out.Contexts)
		d.out.Contexts = append(d.out.Contexts, d.wire(x))
	}
	if fresh {
		d.count++
	}
}

func (d *decoder) at(offset int) client.TextPosition {
	offset = max(0, min(offset, len(d.lines.text)))
	n, exact := slices.BinarySearch(d.lines.starts, offset)
	if !exact {
		n--
	}
	return client.TextPosition{Offset: offset, Line: n + 1, Column: d.lines.before(offset) - d.lines.before(d.lines.starts[n]) + 1}
}

// valid makes a stranger's text fit for JSON.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
