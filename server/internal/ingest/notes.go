package ingest

import (
	"fmt"
	"strings"
)

// refusal says why one span or record is refused. kind is the same for all
// refusals that differ only in the data.
type refusal struct{ kind, text string }

func (r *refusal) Error() string { return r.text }

func refuse(kind, format string, args ...any) error {
	return &refusal{kind, fmt.Sprintf(format, args...)}
}

// notes are messages, counted by kind; the first of a kind is the example.
type notes []note

type note struct {
	kind, text string
	n          int
}

func (ns *notes) add(kind string, text func() string) {
	for i := range *ns {
		if (*ns)[i].kind == kind {
			(*ns)[i].n++
			return
		}
	}
	if len(*ns) < maxReasons {
		*ns = append(*ns, note{kind, text(), 1})
	}
}

func (ns notes) String() string {
	parts := make([]string, len(ns))
	for i, n := range ns {
		parts[i] = n.text
		if n.n > 1 {
			parts[i] += fmt.Sprintf(" (and %d more)", n.n-1)
		}
	}
	return strings.Join(parts, "; ")
}
