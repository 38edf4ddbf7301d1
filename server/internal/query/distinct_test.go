package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// calls is a trace of model calls that repeat their conversation, in no order.
func calls() *query.Trace {
	call := func(n byte, name, input, output string, attributes ...trace.Attribute) *trace.Span {
		return &trace.Span{
			TraceID: trace.TraceID{1}, ID: trace.SpanID{7: n}, Name: name, Start: trace.Time(n), Attributes: attributes,
			Resource: &trace.Resource{}, Scope: &trace.Scope{}, Derived: trace.Derived{Input: input, Output: output},
		}
	}
	text := func(key, v string) trace.Attribute { return trace.Attribute{Key: key, Value: trace.StringValue(v)} }
	return &query.Trace{Spans: []*trace.Span{
		call(3, "chat", `{"model":"gpt", "messages":[{"u":"where is the thread"}, {"a":"in the labyrinth"},{"u":"thanks"}]}`, `plain answer`),
		call(1, "chat", `{"model":"gpt", "messages":[ {"u":"where is the thread"} ]}`, `[{"a":"in the labyrinth"}]`),
		call(2, "tool", `{"q":"thread"}`, ``, text("a", `plain answer`), text("b", `["x", ["y z"]]`)),
		call(4, "tool", `["x",["y z"],["y"]]`, `plain  answer`, text("c", `{"u":"where is the thread"}`)),
		call(5, "broken", `[{"u":"where is the thread"}, {"u":"never ends`, `"thanks"`),
	}}
}

func TestDistinctFindsFirstAppearances(t *testing.T) {
	for text, want := range map[string]string{
		"thread":                           "12345",
		"thread distinct:true":             "12",
		"distinct:true labyrinth":          "1", // the output of 1 is a message of 3's input
		`distinct:true "plain answer"`:     "24",
		"distinct:true output:answer":      "4", // 3's came in an attribute of 2
		"distinct:true output:labyrinth":   "1",
		"distinct:true input:labyrinth":    "",
		"distinct:true gpt":                "1", // what stands around the messages is the same
		"distinct:true chat":               "1",
		"distinct:true thanks":             "35",
		`distinct:true "y z"`:              "2",
		`distinct:true input:y`:            "4",
		"distinct:true ends":               "5",
		"distinct:true -thread":            "345",
		"distinct:true -{minotaur} thread": "12",
		"distinct:true {thanks} labyrinth": "1",
		"distinct:true thread OR thanks":   "1235",
		"distinct:true name:tool thread":   "2", // fields are as ever
		"distinct:true name:chat":          "13",
		"distinct:true input:*":            "12345",
		"distinct:false thread":            "12345",
		"distinct:true":                    "12345",
	} {
		e, err := query.Parse(text, now)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, f := range []query.Filter{{Where: e}, query.Filter{Where: e}.Narrow()} {
			of, got := calls(), ""
			for n := byte(1); n <= 5; n++ {
				for _, s := range of.Spans {
					if s.ID[7] == n && f.MatchSpan(s, of) {
						got += fmt.Sprint(n)
					}
				}
			}
			if got != want {
				t.Errorf("%s: spans %s, want %s", text, got, want)
			}
		}
		if e != nil {
			again, err := query.Parse(e.String(), now)
			if err != nil || again.String() != e.String() {
				t.Errorf("%s is written as %s: %v", text, e, err)
			}
		}
	}
	for _, text := range []string{"distinct:maybe a", "(distinct:true a)", "distinct:", "-distinct:true"} {
		if _, err := query.Parse(text, now); err == nil || !strings.Contains(err.Error(), "distinct") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
