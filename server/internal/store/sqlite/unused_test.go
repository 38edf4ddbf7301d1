package sqlite

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// hosted is a span of a trace of its own, on a host and of a scope of its own.
func hosted(no byte, host string) []trace.Fact {
	s := *round(1)[0].Span
	s.TraceID = trace.TraceID{9, no}
	s.Resource = &trace.Resource{Attributes: trace.Attributes{{Key: "host.name", Value: trace.StringValue(host)}}}
	s.Scope = &trace.Scope{Name: host}
	return []trace.Fact{{Kind: trace.Finished, Span: &s}}
}

func appendAll(t *testing.T, s *Store, all ...[]trace.Fact) {
	t.Helper()
	for _, facts := range all {
		if err := s.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
}

// hostsAre checks which resources and scopes there are, and that spans have theirs.
func hostsAre(t *testing.T, s *Store, want int, all ...[]trace.Fact) {
	t.Helper()
	var resources, scopes int
	if err := ask(s, "SELECT (SELECT count(*) FROM resources), (SELECT count(*) FROM scopes)", &resources, &scopes); err != nil || resources != want || scopes != want {
		t.Errorf("%d resources and %d scopes are stored, want %d (%v)", resources, scopes, want, err)
	}
	for _, facts := range all {
		host := facts[0].Span.Scope.Name
		got, err := s.Spans(t.Context(), facts[0].Span.TraceID)
		if err != nil || len(got) != 1 || got[0].Scope.Name != host || got[0].Resource.Attributes.Text("host.name") != host {
			t.Errorf("the span of %s: %v, %v", host, got, err)
		}
	}
}

// sweep does upkeep as if some time went by since the last.
func sweep(t *testing.T, s *Store) {
	t.Helper()
	s.sweepAgain = time.Time{}
	if err := s.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAResourceGoesWithTheLastSpanThatHasIt(t *testing.T) {
	s := openIdle(t, t.TempDir())
	a, a2, b := hosted(1, "a"), hosted(2, "a"), hosted(3, "b")
	appendAll(t, s, a, a2, b)
	for _, tt := range []struct {
		gone  []trace.Fact
		want  int
		there [][]trace.Fact
	}{
		{a, 2, [][]trace.Fact{a2, b}},
		{b, 1, [][]trace.Fact{a2}},
		{a2, 0, nil},
	} {
		if _, err := s.Delete(t.Context(), tt.gone[0].Span.TraceID); err != nil {
			t.Fatal(err)
		}
		sweep(t, s)
		hostsAre(t, s, tt.want, tt.there...)
	}
	appendAll(t, s, b, a)
	hostsAre(t, s, 2, a, b)
	sound(t, s)
}

func TestAResourceThatALaterVersionTookFromASpanIsStoredAnew(t *testing.T) {
	s := openIdle(t, t.TempDir())
	other, a, b := hosted(1, "b"), hosted(2, "a"), hosted(2, "b")
	appendAll(t, s, hosted(3, "c"))
	if _, err := s.Delete(t.Context(), hosted(3, "c")[0].Span.TraceID); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, other, a, b) // memory knows all of them
	if err := s.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	hostsAre(t, s, 1, other, b)
	again := hosted(4, "a")
	appendAll(t, s, again)
	hostsAre(t, s, 2, other, b, again)
	sound(t, s)
}

func TestAResourceThatIsUsedAgainWhileItIsSweptStays(t *testing.T) {
	s := openIdle(t, t.TempDir())
	a, b, c := hosted(1, "a"), hosted(2, "b"), hosted(3, "c")
	appendAll(t, s, a, b, c)
	if _, err := s.Delete(t.Context(), a[0].Span.TraceID, b[0].Span.TraceID); err != nil {
		t.Fatal(err)
	}
	u, err := s.unused(t.Context())
	if err != nil || len(u.resources) != 2 || len(u.scopes) != 2 {
		t.Fatalf("%+v, %v", u, err)
	}
	again := hosted(4, "b")
	appendAll(t, s, again)
	if err := s.drop(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	hostsAre(t, s, 2, again, c)
	later := hosted(5, "a")
	appendAll(t, s, later)
	hostsAre(t, s, 3, again, c, later)
	sound(t, s)
}

func TestAResourceGoesHoweverManyTracesAreLeft(t *testing.T) {
	s := openIdle(t, t.TempDir())
	var all []trace.Fact
	for no := range byte(200) {
		all = append(all, hosted(no, string([]byte{'a' + no/20, 'a' + no%20}))...)
	}
	appendAll(t, s, all)
	sweep(t, s)
	hostsAre(t, s, 200)
	if _, err := s.Delete(t.Context(), all[7].Span.TraceID); err != nil {
		t.Fatal(err)
	}
	sweep(t, s)
	hostsAre(t, s, 199)
}

func TestAResourceGoesAfterTheServerWasRestarted(t *testing.T) {
	dir := t.TempDir()
	s := openIdle(t, dir)
	var told bytes.Buffer
	again := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openIdle(t, dir)
		s.log = slog.New(slog.NewTextHandler(&told, nil))
	}
	a, b := hosted(1, "a"), hosted(2, "b")
	appendAll(t, s, a, b)
	sweep(t, s)
	if _, err := s.Delete(t.Context(), a[0].Span.TraceID); err != nil {
		t.Fatal(err)
	}
	again()
	hostsAre(t, s, 2)
	sweep(t, s)
	hostsAre(t, s, 1, b)

	// Once that is done, no start of the server looks through all frames.
	if err := script(s, "UPDATE frames SET outline = x'00ff'"); err != nil {
		t.Fatal(err)
	}
	again()
	sweep(t, s)
	if told.Len() > 0 {
		t.Errorf("it looked: %s", told.String())
	}
}

func TestUnusedRowsThatCannotBeDeletedKeepNothingElseWaiting(t *testing.T) {
	s := openIdle(t, t.TempDir())
	appendAll(t, s, hosted(1, "a"), round(1))
	sweep(t, s)
	if err := script(s, "CREATE TEMP TRIGGER refuse BEFORE DELETE ON resources BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(t.Context(), hosted(1, "a")[0].Span.TraceID); err != nil {
		t.Fatal(err)
	}
	s.sweepAgain = time.Time{}
	s.vocabularies.put([]*vocabulary{new(vocabulary)})
	s.rest.busy() // from now on nothing is written
	if err := s.tidy(t.Context()); err == nil || !strings.Contains(err.Error(), "refused by the test") {
		t.Errorf("upkeep: %v", err)
	}
	if states, free := s.states.order.Len(), len(s.vocabularies.free); states+free > 0 {
		t.Errorf("%d states and %d vocabularies stay in memory", states, free)
	}
	if err := s.tidy(t.Context()); err != nil {
		t.Errorf("it was tried again at once: %v", err)
	}
	if err := script(s, "DROP TRIGGER refuse"); err != nil {
		t.Fatal(err)
	}
	sweep(t, s)
	hostsAre(t, s, 1)
}
