package continuity

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// maxAlike is how many missing parents of one shape get a break each; more are
// told as one, since they have one cause.
const maxAlike = 8

const flagSampled = 1 // of the W3C trace flags

// findMissingParents makes a break for each span id that is named as parent and
// was never received. Who the parent was shows in three places: the flag bits of
// the orphans say whether it was in another process, their paths name it and its
// ancestors, and the store knows whether the services concerned send here.
func findMissingParents(v *view) []Break {
	var order []trace.SpanID
	for _, s := range v.spans {
		if v.orphan(s) && v.children[s.ParentID][0] == s {
			order = append(order, s.ParentID)
		}
	}
	var shapes []gapShape
	gaps := map[gapShape][]gap{}
	for _, id := range order {
		g := v.newGap(id)
		if len(gaps[g.gapShape]) == 0 {
			shapes = append(shapes, g.gapShape)
		}
		gaps[g.gapShape] = append(gaps[g.gapShape], g)
	}
	var out []Break
	for _, shape := range shapes {
		alike := gaps[shape]
		if len(alike) > maxAlike {
			out = append(out, v.explainGaps(alike))
			continue
		}
		for _, g := range alike {
			out = append(out, v.explainGaps([]gap{g}))
		}
	}
	return out
}

// locality says where a parent was, seen from its children.
type locality uint8

const (
	unsaid locality = iota // and their kinds don't tell either
	local
	remote
	probablyRemote // the flags don't say, but servers and consumers have remote parents
	continued      // the context came as text; what the flags say of it is what the text said
)

// gapShape is what missing parents have in common that have one cause.
type gapShape struct {
	from   string // service of the nearest ancestor that was received, else what the orphan calls its peer, else ""
	to     string // service of the first orphan
	parent string // name of the missing parent, "" when unknown
	where  locality
}

// gap is a missing parent.
type gap struct {
	gapShape
	id       trace.SpanID
	orphans  []*trace.Span
	ancestor *trace.Span // the nearest that was received, nil when unknown
	between  int         // spans missing between it and the orphans, this one included
}

func (v *view) newGap(id trace.SpanID) gap {
	orphans := v.children[id]
	first := orphans[0]
	g := gap{id: id, orphans: orphans, gapShape: gapShape{to: first.Service}}
	for _, s := range orphans {
		path := ancestors(s)
		if len(path) == 0 {
			continue
		}
		g.parent = path[len(path)-1].Name
		for i, a := range slices.Backward(path) {
			if found := v.byID[a.ID]; len(found) > 0 {
				g.ancestor, g.between = found[0], len(path)-1-i
				g.from = found[0].Service
				break
			}
		}
		break
	}
	isRemote, known := first.RemoteParent()
	switch {
	case first.WasContinued():
		g.where = continued
	case known && isRemote:
		g.where = remote
	case known:
		g.where = local
	case receives(first):
		g.where = probablyRemote
	}
	if g.where != local && g.ancestor == nil {
		g.from = first.Attributes.Text("peer.service")
	}
	return g
}

// explainGaps makes one break of missing parents that have one shape.
func (v *view) explainGaps(alike []gap) Break {
	g := alike[0]
	to := name(g.to)
	b := Break{Place: g.place()}
	var orphans []*trace.Span
	for _, a := range alike {
		orphans = append(orphans, a.orphans...)
	}
	b.Spans = idsOf(orphans)
	first := orphans[0]

	if len(alike) > 1 {
		b.Proof = append(b.Proof, fmt.Sprintf("%d parents that spans of service %s name were never received: %s.",
			len(alike), to, enumerate(alike, func(g gap) string { return spanID(g.id) })))
	}
	others := ""
	if n := len(orphans) - 1; n > 0 {
		others = " (and " + count(n, "other span") + ")"
	}
	b.Proof = append(b.Proof, fmt.Sprintf("%s of service %s%s names %s as its parent, which was never received.", describe(first), to, others, spanID(g.id)))
	if made := maker(first); made != "" {
		b.Proof = append(b.Proof, "It was made by "+made+".")
	}
	b.Proof = append(b.Proof, whereProof(g, first))
	if g.parent != "" {
		b.Proof = append(b.Proof, "Its path says that the missing parent is called "+quote(g.parent)+".")
	}
	if g.ancestor != nil {
		b.Proof = append(b.Proof, fmt.Sprintf("The nearest ancestor on its path that was received is %s of service %s, %s above.",
			lower(describe(g.ancestor)), name(g.from), count(g.between+1, "step")))
	}
	if g.where == local && first.Flags&flagSampled == 0 {
		b.Proof = append(b.Proof, "Its flags say that the trace was not sampled.")
	}
	b.Proof = append(b.Proof, v.caller(g, first)...)
	b.Cause, b.Fix = g.advise()
	return b
}

// place says between which two the gap is.
func (g gap) place() string {
	to := name(g.to)
	switch {
	case g.where == local && g.parent != "":
		return to + ": " + quote(g.parent) + " → " + quote(g.orphans[0].Name)
	case g.where == local:
		return to + ": ? → " + quote(g.orphans[0].Name)
	case g.from != "" && g.from != g.to:
		return name(g.from) + " → " + to
	case g.parent != "":
		return quote(g.parent) + " → " + to
	default:
		return "? → " + to
	}
}

func whereProof(g gap, s *trace.Span) string {
	switch g.where {
	case local:
		return "Its flag bits say that the parent was in the same process."
	case remote:
		return "Its flag bits say that the parent was in another process."
	case continued:
		return "It was started from a serialized context, whose path it repeats (lmnr.span.parent_ids_path), so the parent was started elsewhere."
	case probablyRemote:
		return "Its flag bits don't say where the parent was; a " + s.Kind.String() + " span usually has its parent in another process."
	default:
		return "Its flag bits don't say whether the parent was in the same process."
	}
}

// caller says who may have had the missing parent, and whether it sends here.
func (v *view) caller(g gap, s *trace.Span) (proof []string) {
	if g.ancestor == nil && g.where != local {
		switch address, agent := s.Attributes.Text("client.address"), s.Attributes.Text("user_agent.original"); {
		case g.from != "":
			proof = append(proof, "It says that it was called by service "+name(g.from)+".")
		case address != "" && agent != "":
			proof = append(proof, "It was called from "+cut(address)+" by "+quote(agent)+".")
		case address != "":
			proof = append(proof, "It was called from "+cut(address)+".")
		case g.where != unsaid:
			proof = append(proof, "Nothing in it says which service that was.")
		}
	}
	if g.from != "" {
		proof = append(proof, v.seen(g.from))
	}
	if seen := v.seen(g.to); seen != "" {
		proof = append(proof, seen)
	}
	return slices.DeleteFunc(proof, func(p string) bool { return p == "" })
}

// advise gives cause and fix.
func (g gap) advise() (cause, fix string) {
	to, who := name(g.to), cmp.Or(g.parent, "the parent")
	if g.parent != "" {
		who = quote(who)
	}
	const (
		endIt = "End every span on every path (defer span.End()), call the shutdown function of clew.Setup, or TracerProvider.Shutdown in plain OpenTelemetry, before the process exits, and look for dropped spans in its log."
		edge  = "If the caller is not yours, or a proxy that writes trace ids of its own, begin a new trace at this service's edge instead of continuing the caller's."
	)
	switch {
	case g.where == local:
		return fmt.Sprintf("Most likely %s has not ended yet, or its process stopped, dropped it or filtered it out before it was sent: the child was sent by the same process, so the connection works.", who),
			"In " + to + ": " + lower(endIt) + " If " + who + " is meant to last longer than the process, end it before the work is handed over and continue from it. If a filter or sampler removes it, remove its children too."
	case g.from != "" && g.ancestor == nil:
		return fmt.Sprintf("Most likely %s does not send its spans here, has not sent them yet, or did not sample the trace: its context arrived at %s, its span did not.", name(g.from), to),
			"Set OTEL_EXPORTER_OTLP_ENDPOINT (clew.Endpoint) of " + name(g.from) + " to this server, and let all services follow one sampling decision (parentbased samplers). " + edge
	case g.from != "" && g.from != g.to:
		return fmt.Sprintf("Most likely %s in %s, or in a process between %s and %s, has not ended yet or was not sent: spans above it arrived.", who, name(g.from), name(g.from), to),
			"Check the exporter of " + name(g.from) + " and of what lies between: OTEL_EXPORTER_OTLP_ENDPOINT (clew.Endpoint) must name this server, and no sampler or filter may remove " + who + ". " + endIt
	case g.where == unsaid:
		return fmt.Sprintf("Either %s is a span of %s that has not ended yet or was dropped, or it belongs to a caller that does not send its spans here.", who, to),
			"Compare the missing id with the logs of the callers of " + to + ". A caller: set its OTEL_EXPORTER_OTLP_ENDPOINT (clew.Endpoint) to this server. " + to + " itself: " + lower(endIt)
	default:
		return fmt.Sprintf("Most likely the caller of %s does not send its spans here, has not sent them yet, or did not sample the trace: its context arrived, its span did not.", to),
			"Set OTEL_EXPORTER_OTLP_ENDPOINT (clew.Endpoint) of the service that calls " + to + " to this server, and let all services follow one sampling decision (parentbased samplers). " + edge
	}
}

// lower makes a sentence the second half of another.
func lower(s string) string {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return s
	}
	return string(s[0]+'a'-'A') + s[1:]
}
