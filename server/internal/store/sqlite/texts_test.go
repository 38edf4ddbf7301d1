package sqlite

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestTheElementsOfTheFirstArrayAreMessages(t *testing.T) {
	long := strings.Repeat("x", minMessage)
	m := func(i int) string { return fmt.Sprintf(`{"role":"user","content":"%s \" ]} %d"}`, long, i) }
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"plain text", long, []string{long}},
		{"a conversation", "[" + m(1) + ", \n " + m(2) + "]", []string{m(1), m(2)}},
		{"a request", `{"model":"m","messages":[` + m(1) + "," + m(2) + `],"n":1}`, []string{m(1), m(2)}},
		{"short elements", "[1,2," + m(1) + `,"short"]`, []string{m(1)}},
		{"arrays within", `[{"parts":[` + m(1) + `]}]`, []string{`{"parts":[` + m(1) + `]}`}},
		{"no end", "[" + m(1) + "," + m(2), []string{m(1)}},
		{"no JSON", "[" + long + "," + long + "]", []string{"[" + long + "," + long + "]"}},
		{"an object without arrays", m(1), []string{m(1)}},
	} {
		var got []string
		whole := ""
		for _, p := range new(cutter).cut(tt.text) {
			if whole += p.s; p.message {
				got = append(got, p.s)
			}
		}
		if whole != tt.text {
			t.Errorf("%s: the pieces are %q", tt.name, whole)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: messages (-want +got):\n%s", tt.name, d)
		}
	}
}

// FuzzTexts: whatever a text is, its pieces are the text, and it comes back.
func FuzzTexts(f *testing.F) {
	long := strings.Repeat("0123456789", 10)
	f.Add(long, `[{"a":"`+long+`"},{"b":"`+long+`"}]`)
	f.Add("["+long, `{"x":["`+long+`\"`)
	f.Fuzz(func(t *testing.T, a, b string) {
		s := &trace.Span{Attributes: trace.Attributes{{Key: "k", Value: trace.StringValue(a)}, {Key: "again", Value: trace.StringValue(a + b)}}}
		s.Input, s.Output = a+b, b
		var e encoder
		ts := e.textsOf(s)
		stored := map[ref]string{}
		for i := range ts.list {
			for k := range ts.list[i].pieces {
				if p := &ts.list[i].pieces[k]; p.message {
					p.ref = ref{shared: i%2 == 0, no: int64(i*1000 + k)}
					stored[p.ref] = p.s
				}
			}
		}
		got := new(trace.Span)
		d := decoder{buf: string(ts.appendTo(nil)), texts: &said{message: func(r ref) (string, error) { return stored[r], nil }}}
		d.body(got)
		if err := d.end(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("span (-want +got):\n%s", d)
		}
	})
}

// call is a model call that repeats a conversation, whose first message all
// traces share.
func call(traceNo byte, n int) trace.Fact {
	history := []string{`{"role":"system","content":"` + strings.Repeat("You are an agent. ", 20) + `"}`}
	for i := range n {
		history = append(history, fmt.Sprintf(`{"role":"user","content":"%s%d of %d"}`, strings.Repeat("message ", 20), i, traceNo))
	}
	f := round(uint64(n))[0]
	f.Span.TraceID[14] = traceNo
	f.Span.Input = "[" + strings.Join(history, ",") + "]"
	f.Span.Attributes = trace.Attributes{{Key: "gen_ai.input.messages", Value: trace.StringValue(f.Span.Input)}}
	return f
}

func TestAMessageIsStoredOnce(t *testing.T) {
	dir := t.TempDir()
	s := openIdle(t, dir)
	const traces, calls = 5, 10
	for n := range calls {
		if n == calls/2 { // and still after a restart
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openIdle(t, dir)
		}
		for no := range byte(traces) {
			if err := s.Append(t.Context(), []trace.Fact{call(no, n)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var local, shared int
	if err := ask(s, "SELECT (SELECT sum(messages) FROM frames), (SELECT count(*) FROM messages)", &local, &shared); err != nil {
		t.Fatal(err)
	}
	// The first trace has its own copy of what all share.
	if want := traces*(calls-1) + 1; local != want || shared != 1 {
		t.Errorf("%d messages in frames, want %d; %d shared, want 1", local, want, shared)
	}
	for tidied := range 2 {
		for no := range byte(traces) {
			for n := range calls {
				want := call(no, n).Span
				got, err := s.Spans(t.Context(), want.TraceID, want.ID)
				if err != nil || len(got) != 1 || got[0].Input != want.Input || got[0].Attributes[0].Value.Str != want.Input {
					t.Fatalf("call %d of trace %d, rewritten %d: %v, %v", n, no, tidied, got, err)
				}
			}
		}
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var frames int
	sound(t, s)
	if err := ask(s, "SELECT count(*) FROM frames", &frames); err != nil || frames != traces {
		t.Errorf("%d frames of %d quiet traces (%v)", frames, traces, err)
	}
}

func TestAMessageOfAFailedAppendIsStoredByTheNext(t *testing.T) {
	s := openIdle(t, t.TempDir())
	if err := script(s, `CREATE TEMP TRIGGER refuse BEFORE INSERT ON services WHEN NEW.name = 'bad' BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`); err != nil {
		t.Fatal(err)
	}
	facts := []trace.Fact{call(1, 3), call(2, 3)}
	bad := call(3, 3)
	bad.Span.Service = "bad"
	if err := s.Append(t.Context(), append(facts, bad)); err == nil {
		t.Fatal("appended")
	}
	if err := s.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		got, err := s.Spans(t.Context(), f.Span.TraceID)
		if err != nil || len(got) != 1 || !bytes.Equal([]byte(got[0].Input), []byte(f.Span.Input)) {
			t.Errorf("after the failure: %v, %v", got, err)
		}
	}
}

// TestFewSharedMessagesAreKnownAndManyAreLookedUp appends the same message to a
// trace after the store has forgotten it, with few shared messages and with too
// many to be kept.
func TestFewSharedMessagesAreKnownAndManyAreLookedUp(t *testing.T) {
	for _, others := range []int{0, maxLearnt + 1} {
		s := openIdle(t, t.TempDir())
		change := func(fn func(*writer) error) {
			t.Helper()
			if err := s.change(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		change(func(w *writer) error {
			for i := range others {
				if _, err := w.messages.store(w.tx, hashOfString(strconv.Itoa(i)), "other"); err != nil {
					return err
				}
			}
			return nil
		})
		change(func(w *writer) error {
			_, err := w.messages.store(w.tx, hashOfString("known"), "known")
			return err
		})
		for _, forget := range []func(){func() {}, s.forget} {
			forget()
			change(func(w *writer) error {
				for text, want := range map[string]bool{"known": true, "unknown": false, "0": others > 0} {
					if _, ok, err := w.messages.find(w.tx, hashOfString(text)); ok != want || err != nil {
						t.Errorf("%q is found: %v (%v), with %d others", text, ok, err, others)
					}
				}
				return nil
			})
			if all := s.messages.all; all != (others == 0) {
				t.Errorf("all are known: %v, with %d others", all, others)
			}
		}
	}
}

func TestASpanTakesMemoryForItselfItsAttributesAndItsText(t *testing.T) {
	s := openIdle(t, t.TempDir())
	reading := func(traceNo byte, calls int) float64 {
		var facts []trace.Fact
		for n := range calls {
			facts = append(facts, call(traceNo, n))
		}
		if err := s.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(20, func() {
			if got, err := s.Spans(t.Context(), facts[0].Span.TraceID); err != nil || len(got) != calls {
				t.Fatalf("%d spans, %v", len(got), err)
			}
		})
	}
	few, many := reading(1, 20), reading(2, 60)
	if a := (many - few) / 40; a > 4 { // lists of a trace grow now and then
		t.Errorf("%.1f allocations a span, of %v for 20 and %v for 60", a, few, many)
	}
}
