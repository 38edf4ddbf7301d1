package query_test

import (
	"slices"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
)

func TestTheEndOfAQueryIsCompleted(t *testing.T) {
	for _, tt := range []struct {
		text    string
		replace int
		fields  []string // the first of them
		field   string
		prefix  string
	}{
		{"", 0, []string{"service", "name"}, "", ""},
		{"ser", 3, []string{"service"}, "", ""},
		{"ä -ser", 3, []string{"service"}, "", ""},
		{"a (st", 2, []string{"status", "start"}, "", ""},
		{"so", 2, []string{"sort"}, "", ""},
		{"sort:-c", 2, nil, "sort", "-c"},
		{"zz", 2, nil, "", ""},
		{"service:", 0, nil, "service", ""},
		{"-service:pl", 2, nil, "service", "pl"},
		{`x name:"POST /ä`, 8, nil, "name", "POST /ä"},
		{"duration>=2", 1, nil, "duration", "2"},
		{`"service:`, 0, nil, "", ""},
		{`"a b" {us`, 2, []string{"user"}, "", ""},
		{`"\"`, 0, nil, "", ""},
		{`"\`, 0, nil, "", ""},
	} {
		got := query.Complete(tt.text)
		var names []string
		for _, f := range got.Fields[:min(len(got.Fields), len(tt.fields))] {
			names = append(names, f.Name)
		}
		if got.Replace != tt.replace || got.Field != tt.field || got.Prefix != tt.prefix || !slices.Equal(names, tt.fields) {
			t.Errorf("%q: replace %d, field %q, prefix %q, fields %q; want %+v", tt.text, got.Replace, got.Field, got.Prefix, names, tt)
		}
	}
}

func FuzzComplete(f *testing.F) {
	f.Add(`a "b\" c:"d`)
	f.Fuzz(func(t *testing.T, text string) {
		if c := query.Complete(text); c.Replace > len(text) {
			t.Errorf("%q: replace %d", text, c.Replace)
		}
	})
}
