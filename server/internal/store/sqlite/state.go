package sqlite

import (
	"slices"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// state is what the writer keeps in memory of a trace that spans arrive for: all
// that is needed to bring its summary up to date without looking at its other
// spans. It equals what load makes of the stored trace.
type state struct {
	id     trace.TraceID
	no     int64
	stored bool  // the trace has a row
	loose  int64 // frames that came since the trace was rewritten, at most manyLoose
	keys   keys  // of the row

	sum      trace.Summary // but for Services
	earliest holder        // who gives the name when there is no root
	root     holder
	session  holder
	user     holder
	ids      map[trace.SpanID]place // of spans, and of the parents that they name
	values   counts
	parts    map[int64]*part // by session
	messages map[hash]ref    // nil: not loaded
	next     int64           // number of the next message
	shared   map[int64]bool  // shared messages that the trace refers to
	revised  bool            // a stored span was replaced by a later version
	written  time.Time       // when it was kept last

	partsBefore map[int64]*part // what the rows held before this commit, of what it touches
}

// manyLoose stands for this many frames or more: a trace that has so many is to be
// rewritten. Counting on would move it in the index of those with each commit.
const manyLoose = 2

// keys are what is indexed of the row of a trace and stays as it is in most commits.
type keys struct {
	known bool // that the row has these
	start trace.Time
	loose int64
}

// place says where the spans with an id are: how many, none for a parent that has
// not come, and the frame of the one that came last.
type place struct {
	frame           int64
	spans, children int32
}

// holder is the span that gives the summary one of its fields.
type holder struct {
	known bool // that there is one
	span  trace.Identity
	text  string
}

// offer takes s as the holder when it comes before the present one.
func (h *holder) offer(s *trace.Span, text string) {
	if id := s.Identity(); !h.known || id.Compare(h.span) < 0 {
		id.Service = strings.Clone(id.Service)
		*h = holder{true, id, strings.Clone(text)}
	}
}

func (h *holder) is(s *trace.Span) bool { return h.known && s.Identity().Compare(h.span) == 0 }

// part is what a session is in one trace.
type part struct {
	start, end                trace.Time
	user                      holder
	spans, errors             int
	inputTokens, outputTokens *int64
	cost                      *trace.Money
}

func newState(id trace.TraceID, no int64) *state {
	return &state{id: id, no: no, sum: trace.Summary{TraceID: id}, ids: map[trace.SpanID]place{}}
}

// settled begins a new commit.
func (st *state) settled() {
	st.values.settled()
	st.partsBefore = nil
}

// share notes that the trace refers to a shared message.
func (st *state) share(message int64) {
	if st.shared == nil {
		st.shared = map[int64]bool{}
	}
	st.shared[message] = true
}

// size is what the state weighs in the cache, in spans.
func (st *state) size() int { return 8 + len(st.ids) + len(st.messages) }

// add counts a new span, which is in the given frame. Strings of s aren't kept.
func (st *state) add(en *entry, frame int64) {
	s := en.span
	at := st.ids[s.ID]
	if at.spans == 0 {
		st.sum.OrphanCount -= int(at.children)
	}
	at.frame, at.spans = frame, at.spans+1
	st.ids[s.ID] = at
	if st.sum.SpanCount == 0 {
		st.sum.Start, st.sum.End = s.Start, max(s.Start, s.End)
	}
	st.sum.SpanCount++
	st.sum.Start, st.sum.End = min(st.sum.Start, s.Start), max(st.sum.End, s.Start, s.End)
	if s.ParentID.IsZero() {
		st.sum.RootCount++
		st.root.offer(s, s.Name)
	} else {
		parent := st.ids[s.ParentID]
		parent.children++
		st.ids[s.ParentID] = parent
		if parent.spans == 0 {
			st.sum.OrphanCount++
		}
	}
	st.earliest.offer(s, s.Name)
	st.count(en)
}

// count adds what may differ between two versions of a span.
func (st *state) count(en *entry) {
	s := en.span
	if s.IsError {
		st.sum.ErrorCount++
	}
	if s.Session != "" {
		st.session.offer(s, s.Session)
		st.part(en.nos[fieldSession]).add(s)
	}
	if s.User != "" {
		st.user.offer(s, s.User)
	}
	st.sum.InputTokens = trace.Add(st.sum.InputTokens, s.InputTokens)
	st.sum.OutputTokens = trace.Add(st.sum.OutputTokens, s.OutputTokens)
	st.sum.Cost = trace.Add(st.sum.Cost, s.Cost)
	st.values.add(&en.nos, 1)
}

// part returns what a session is in the trace, to be changed.
func (st *state) part(session int64) *part {
	p := st.parts[session]
	if _, ok := st.partsBefore[session]; !ok {
		var was *part
		if p != nil {
			was = new(*p)
		}
		st.notePart(session, was)
	}
	if p == nil {
		p = new(part)
		if st.parts == nil {
			st.parts = map[int64]*part{}
		}
		st.parts[session] = p
	}
	return p
}

// notePart notes what the rows have of a session.
func (st *state) notePart(session int64, was *part) {
	if st.partsBefore == nil {
		st.partsBefore = map[int64]*part{}
	}
	st.partsBefore[session] = was
}

func (p *part) add(s *trace.Span) {
	if p.spans == 0 {
		p.start, p.end = s.Start, max(s.Start, s.End)
	}
	p.spans++
	p.start, p.end = min(p.start, s.Start), max(p.end, s.Start, s.End)
	if s.IsError {
		p.errors++
	}
	if s.User != "" {
		p.user.offer(s, s.User)
	}
	p.inputTokens, p.outputTokens, p.cost = trace.Add(p.inputTokens, s.InputTokens), trace.Add(p.outputTokens, s.OutputTokens), trace.Add(p.cost, s.Cost)
}

// replace counts a later version of a span. It returns false when the summary
// can't be told from the two versions alone: then the state is to be loaded anew.
func (st *state) replace(old, en *entry, frame int64) bool {
	was, s := old.span, en.span
	st.revised = true
	at := st.ids[s.ID]
	at.frame = frame
	st.ids[s.ID] = at
	simple := was.ParentID == s.ParentID && max(was.Start, was.End) <= max(s.Start, s.End) &&
		was.InputTokens == nil && was.OutputTokens == nil && was.Cost == nil &&
		(was.Session == "" || was.Session == s.Session) && (was.User == "" || was.User == s.User)
	st.values.add(&old.nos, -1)
	if !simple {
		return false
	}
	if was.IsError {
		st.sum.ErrorCount--
	}
	if was.Session != "" {
		p := st.part(old.nos[fieldSession])
		p.spans--
		if was.IsError {
			p.errors--
		}
		if p.spans == 0 { // add begins it anew
			*p = part{}
		}
	}
	for h := range map[*holder]bool{&st.root: true, &st.earliest: true} {
		if h.is(s) {
			h.text = strings.Clone(s.Name)
		}
	}
	st.sum.End = max(st.sum.End, s.Start, s.End)
	st.count(en)
	return true
}

// summary returns the summary; names are the texts of its services.
func (st *state) summary(names []string) *trace.Summary {
	sum := st.sum
	sum.Name = st.earliest.text
	if st.sum.RootCount > 0 {
		sum.Name = st.root.text
	}
	sum.Session, sum.User = st.session.text, st.user.text
	sum.Services = names
	slices.Sort(sum.Services)
	return &sum
}

// serviceNumbers are the values of the trace's services.
func (st *state) serviceNumbers() (nos []int64) {
	for _, c := range st.values {
		if c.field == fieldService && c.spans > 0 {
			nos = append(nos, c.no)
		}
	}
	return nos
}

// become takes over what was loaded of the trace after this commit's frame was
// written, and keeps what the rows held before.
func (st *state) become(loaded *state) {
	st.values.become(loaded.values)
	for session := range st.parts {
		st.part(session)
	}
	for session := range loaded.parts {
		if _, ok := st.partsBefore[session]; !ok {
			st.notePart(session, nil)
		}
	}
	loaded.values, loaded.partsBefore = st.values, st.partsBefore
	loaded.messages, loaded.next, loaded.shared = st.messages, st.next, st.shared
	loaded.revised, loaded.stored, loaded.loose = st.revised, st.stored, st.loose
	*st = *loaded
}
