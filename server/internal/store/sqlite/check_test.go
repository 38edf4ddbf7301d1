package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/store/storetest"
	"github.com/clewhq/clew/server/internal/trace"
)

// damages is what is done to a store, what Check says of it, and whether Repair
// makes it anew.
var damages = []struct {
	damage, want string
	repaired     bool
}{
	{"UPDATE traces SET span_count = span_count + 1 WHERE no = 1", "the summary is", true},
	{"UPDATE traces SET end_ns = end_ns - 1, name = 'x', services = NULL WHERE no = 2", "the summary is", true},
	{"UPDATE traces SET input_tokens = 7, cost = NULL, session = 'other'", "the summary is", true},
	{"DELETE FROM facets WHERE trace_no = 1", "the values that lead to it", true},
	{"INSERT INTO facets SELECT max(value_no) + 1, 1 FROM facets", "the values that lead to it", true},
	{"INSERT INTO facets VALUES (1, 99)", "values that lead to no trace", true},
	{"DELETE FROM facets", "the values that lead to it", true},
	{"UPDATE session_traces SET error_count = 5 WHERE trace_no = 1", "the sessions that lead to it", true},
	{"UPDATE session_traces SET user = 'eve'", "the sessions that lead to it", true},
	{"DELETE FROM session_traces", "the sessions that lead to it", true},
	{"UPDATE sessions SET cost = 1, trace_count = 9", "its traces add up to", true},
	{"DELETE FROM sessions", "sessions without a row", true},
	{"UPDATE services SET span_count = span_count + 1", "its spans add up to", true},
	{"UPDATE services SET first_ns = first_ns - 1", "its spans add up to", true},
	{"DELETE FROM services", "its spans add up to", true},
	{"INSERT INTO services VALUES ('none', 1, 2, 3)", "has no spans", true},
	{"DELETE FROM hints", "the hints that lead to it", true},
	{"UPDATE hints SET start_ns = start_ns + 1", "the hints that lead to it", true},
	{"INSERT INTO hints SELECT hash, start_ns, 99, span_id, kind, service_no FROM hints LIMIT 1", "hints of no trace", true},
	{"UPDATE segments SET ready = FALSE WHERE no = (SELECT min(no) FROM segments)", "other words", true},
	{"UPDATE segments SET ready = FALSE", "other words", true},
	{"UPDATE blocks SET data = substr(data, 1, length(data) - 2)", "damage", true},
	{"DELETE FROM message_traces", "the references to messages that lead to it", true},
	{"INSERT INTO message_traces SELECT message_no, 99 FROM message_traces LIMIT 1", "references of no trace", true},
	{"DELETE FROM rollup_changes WHERE no = 1", "roll-ups of cube 0", true},
	{"DELETE FROM rollup_changes", "roll-ups of cube 0", true},
	{"UPDATE rollup_changes SET data = x'00ff'", "damaged", true},

	{"UPDATE frames SET body = substr(body, 1, length(body) - 3) WHERE no = 1", "damaged", false},
	{"UPDATE frames SET outline = x'00ff' WHERE no = 1", "damaged", false},
	{"UPDATE messages SET data = x'0061'", "is not what was stored", false},
	{"DELETE FROM messages", "body of span", false},
	{"DELETE FROM traces WHERE no = 1", "frames of no trace", false},
	{"DELETE FROM frames WHERE trace_no = 1", "it has no spans", false},
}

// fillForCheck appends spans of all kinds to the stores.
func fillForCheck(t *testing.T, s interface {
	Append(ctx context.Context, facts []trace.Fact) error
}) {
	t.Helper()
	for n := range 3 {
		for no := range byte(2) {
			facts := append(round(uint64(n)), call(no, n+1))
			for _, f := range facts { // near the fixture's
				f.Span.Start += 1_700_000_000 * 1e9
				f.Span.End += 1_700_000_000 * 1e9
			}
			if err := s.Append(t.Context(), facts); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func problemsOf(t *testing.T, s *Store) (all string, n Checked) {
	t.Helper()
	var problems []string
	n, err := s.Check(t.Context(), func(p string) { problems = append(problems, p) })
	if err != nil {
		t.Fatal(err)
	}
	if n.Derived+n.Damage != int64(len(problems)) {
		t.Errorf("%+v of %d problems", n, len(problems))
	}
	return strings.Join(problems, "\n"), n
}

func TestCheckTellsWhatIsWrongAndRepairMakesWhatIsDerivedAnew(t *testing.T) {
	oracle := memory.New()
	storetest.Fixture(t, oracle)
	fillForCheck(t, oracle)
	whole := openIdle(t, t.TempDir())
	storetest.Fixture(t, whole)
	fillForCheck(t, whole)
	sound(t, whole)
	if err := whole.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(whole.path)
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range damages {
		t.Run(tt.damage, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, FileName), file, 0o600); err != nil {
				t.Fatal(err)
			}
			s := openIdle(t, dir)
			if err := script(s, tt.damage); err != nil {
				t.Fatal(err)
			}
			all, n := problemsOf(t, s)
			if !strings.Contains(all, tt.want) {
				t.Errorf("problems: %s\nwant one with %q", all, tt.want)
			}
			if (n.Damage == 0) != tt.repaired && !strings.Contains(tt.damage, "blocks") {
				t.Errorf("%+v, of which Repair makes anew: %v", n, tt.repaired)
			}
			var left []string
			if err := s.Repair(t.Context(), func(p string) { left = append(left, p) }); err != nil {
				t.Fatal(err)
			}
			all, n = problemsOf(t, s)
			if !tt.repaired {
				if n.Damage == 0 {
					t.Error("damage that can't be repaired is not told any more")
				}
				return
			}
			if all != "" || left != nil {
				t.Errorf("after the repair: %s %v", all, left)
			}
			storetest.Same(t, oracle, s, "thread", "user:ann", "minotaur", "lab*", "map.deep:Ariadne_x", "cost>0.000003")
			if i > 0 {
				return
			}
			// It is a store like any other.
			fillForCheck(t, s)
			if err := s.tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
			sound(t, s)
		})
	}
}

func TestACheckAddsUpWhatItsPartsFound(t *testing.T) {
	s := openIdle(t, t.TempDir())
	traces := 4*tracesSettled + 1
	facts := make([]trace.Fact, traces)
	for i := range facts {
		sp := *round(1)[0].Span
		sp.TraceID = trace.TraceID{9, byte(i >> 8), byte(i)}
		facts[i] = trace.Fact{Kind: trace.Finished, Span: &sp}
	}
	appendAll(t, s, facts)
	if err := script(s, "UPDATE traces SET span_count = span_count + 1 WHERE no <= 3"); err != nil {
		t.Fatal(err)
	}
	all, n := problemsOf(t, s)
	want := Checked{Traces: int64(traces), Spans: int64(traces), Messages: n.Messages, Derived: 3}
	if n != want || strings.Count(all, "the summary is") != 3 {
		t.Errorf("%+v, want %+v:\n%.1000s", n, want, all)
	}
}

func TestACheckThatIsBrokenOffSaysSo(t *testing.T) {
	s := openIdle(t, t.TempDir())
	fillForCheck(t, s)
	if err := script(s, "UPDATE traces SET span_count = span_count + 1"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.Check(ctx, func(string) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("check: %v", err)
	}
	if _, n := problemsOf(t, s); n.Derived != n.Traces {
		t.Errorf("afterwards it finds %+v, want a problem of each trace", n)
	}
}

func TestRepairWritesAStartOfZero(t *testing.T) {
	s := openIdle(t, t.TempDir())
	sp := &trace.Span{Resource: new(trace.Resource), Scope: new(trace.Scope), TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Name: "work"}
	if err := s.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: sp}}); err != nil {
		t.Fatal(err)
	}
	if err := script(s, "UPDATE traces SET start_ns = 5, loose = 0"); err != nil {
		t.Fatal(err)
	}
	if err := s.Repair(t.Context(), func(p string) { t.Error(p) }); err != nil {
		t.Fatal(err)
	}
	start := 0
	if err := ask(s, "SELECT start_ns FROM traces", &start); err != nil || start != 0 {
		t.Errorf("start %d after repair (%v), want 0", start, err)
	}
}
