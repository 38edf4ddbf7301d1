package propagators

import "github.com/clewhq/clew/internal/inherit"

// maxLinks is how many links of a chain of places are written without making lists of them.
const maxLinks = 16

// appendPaths writes the paths of either kind.
func (o *outgoing) appendPaths(b []byte) []byte {
	if o.place == nil {
		return appendPaths(b, o.Path, o.IDsPath)
	}
	if with, ok := appendChain(b, o.place); ok {
		return with
	}
	path, ids := o.place.Paths()
	return appendPaths(b, path, ids)
}

// appendChain writes what appendPaths would, if place has few links and its paths fit as they are.
func appendChain(b []byte, place *inherit.Position) (with []byte, ok bool) {
	var room [maxLinks]*inherit.Position
	names, ids, links, ok := place.Chain(room[:0])
	if !ok {
		return nil, false
	}
	start := len(b)
	before := `,"spanPath":[`
	for _, name := range names {
		b = appendQuoted(append(b, before...), cut(name, maxWrittenName))
		before = ","
	}
	for _, link := range links {
		if name, named := link.Name(); named {
			b = appendQuoted(append(b, before...), cut(name, maxWrittenName))
			before = ","
		}
	}
	if before == "," {
		b = append(b, ']')
	}
	before = `,"spanIdsPath":[`
	for _, id := range ids {
		b = appendQuoted(append(b, before...), cut(id, maxWrittenName))
		before = ","
	}
	for _, link := range links {
		b = append(append(b, before...), '"')
		b = append(inherit.AppendSpanUUID(b, link.Span), '"')
		before = ","
	}
	if before == "," {
		b = append(b, ']')
	}
	return b, len(b)-start <= maxWrittenPaths
}

// appendPaths halves the number of ancestors until both paths fit. The ids path alone is kept when the names are
// unknown.
func appendPaths(b []byte, path, ids []string) []byte {
	start := len(b)
	for keep := max(len(path), len(ids)); ; keep /= 2 {
		b = b[:start]
		if len(path) > 0 {
			b = appendPath(append(b, `,"spanPath":`...), path, keep)
		}
		if len(ids) > 0 {
			b = appendPath(append(b, `,"spanIdsPath":`...), ids, keep)
		}
		if len(b)-start <= maxWrittenPaths || keep <= 2 {
			return b
		}
	}
}

func appendPath(b []byte, path []string, keep int) []byte {
	b = append(b, '[')
	for i, elem := range path {
		if i > 0 && i <= len(path)-keep {
			continue
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, cut(elem, maxWrittenName))
	}
	return append(b, ']')
}
