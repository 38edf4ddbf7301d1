package query_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
)

func TestAListIsPutInOrder(t *testing.T) {
	for text, want := range map[string]struct{ where, sort string }{
		"sort:cost":                    {"", "cost"},
		"  sort:-cost  ":               {"", "-cost"},
		"sort=-duration type:LLM":      {"type:LLM", "-duration"},
		"a sort:tokens b":              {"a b", "tokens"},
		"a OR b sort:-tokens":          {"a OR b", "-tokens"},
		"sort:-end AND (a OR b)":       {"a OR b", "-end"},
		`"sort:cost" sort:cost`:        {`"sort cost"`, "cost"},
		"@sort:cost":                   {"@sort:cost", ""},
		"sort:-start":                  {"", ""}, // the list's own
		"{type:LLM} sort:start -error": {"{type:LLM} -error", "start"},
	} {
		e, sort, err := query.ParseList(text, now, query.ListOfSpans)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		where := ""
		if e != nil {
			where = e.String()
		}
		if where != want.where || sort.String() != want.sort {
			t.Errorf("%s: %q in the order %q, want %+v", text, where, sort, want)
		}
	}
}

func TestAnOrderThatMakesNoSenseIsToldWithItsPlace(t *testing.T) {
	for _, tt := range []struct {
		text    string
		of      query.List
		offset  int
		message string
	}{
		{"a sort:price", query.ListOfTraces, 7, "traces are sorted by start"},
		{"sort:errors", query.ListOfSpans, 5, "spans are sorted by start"},
		{"sort:traces", query.ListOfTraces, 5, "not by \"traces\""},
		{"sort:-", query.ListOfTraces, 5, "by what?"},
		{"sort:cost sort:-cost", query.ListOfTraces, 10, "already"},
		{"a (b sort:cost)", query.ListOfTraces, 5, "whole query"},
		{"-sort:cost", query.ListOfTraces, 1, "whole query"},
		{"{sort:cost}", query.ListOfTraces, 1, "whole query"},
		{"sort>cost", query.ListOfTraces, 4, "followed by :"},
		{"a OR sort:cost", query.ListOfTraces, 5, "both sides"},
		{"sort:cost OR a", query.ListOfTraces, 13, "both sides"},
		{"a sort:cost", "", 2, "no list"},
	} {
		_, _, err := query.ParseList(tt.text, now, tt.of)
		var syntax *query.SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset != tt.offset || !strings.Contains(syntax.Message, tt.message) {
			t.Errorf("%s: %v; want %q at %d", tt.text, err, tt.message, tt.offset)
		}
	}
}

func TestTheGuideNamesEveryOrder(t *testing.T) {
	text, err := os.ReadFile("../../../docs/guide/search.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range query.Orders("") {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("the guide doesn't say that a list can be sorted by %s", name)
		}
	}
}
