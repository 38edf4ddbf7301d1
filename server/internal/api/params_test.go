package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

func paramsOf(rawQuery string) *params {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.URL.RawQuery = rawQuery
	return newParams(r)
}

func TestReadingAFilter(t *testing.T) {
	tests := []struct {
		name, query string
		want        query.Filter
		page        query.Page
	}{
		{"nothing selects everything", "", query.Filter{}, query.Page{Limit: 50}},
		{"an empty parameter is an absent one", "service=&from=&limit=&status=", query.Filter{}, query.Page{Limit: 50}},
		{"every field", "service=s&name=n&session=e&user=u&type=LLM&status=ok&q=t&limit=7&cursor=c",
			query.Filter{Service: "s", Name: "n", Session: "e", User: "u", Type: "LLM", Status: "ok", Where: query.Text{Phrase: query.Phrase{Words: []string{"t"}}}}, query.Page{Limit: 7, Cursor: "c"}},
		{"text is taken as it is", "name=+a%2Bb%26+&q=%22%00a%22", query.Filter{Name: " a+b& ", Where: query.Text{Phrase: query.Phrase{Words: []string{"a"}}}}, query.Page{Limit: 50}},
		{"times in any zone and precision", "from=1970-01-01T01:00:00.000000001%2B01:00&to=1970-01-01T00:00:01Z", query.Filter{From: 1, To: 1e9}, query.Page{Limit: 50}},
		{"an order", "q=sort:-cost", query.Filter{}, query.Page{Limit: 50, Sort: query.Sort{By: "cost", Desc: true}}},
		{"the list's own order, asked for", "q=sort:-start", query.Filter{}, query.Page{Limit: 50}},
		{"the bounds of the limit", "limit=500", query.Filter{}, query.Page{Limit: 500}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := paramsOf(tt.query)
			filter, page := p.list(query.ListOfTraces)
			if err := p.done(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, filter); diff != "" {
				t.Errorf("filter (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.page, page); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParams(f *testing.F) {
	for _, s := range []string{
		"", "service=a&limit=3", "from=2026-11-21T03:50:00.123456789Z&to=2262-04-11T23:47:16Z", "status=error&q=%ff", "limit=-1", "cursor=%00&x=1",
		"from=1677-09-21T00:12:44Z", "a=1;b=2", "%zz", "limit=99999999999999999999", "user=a&user=b", "to=0000-00-00T00:00:00Z", "twin=2147483648",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p := paramsOf(raw)
		filter, page := p.list(query.ListOfSpans)
		twin := p.number("twin", 0, 0, 9)
		if err := p.done(); err != nil {
			got := answerOf(err)
			if got.status != http.StatusBadRequest || got.message == "" || !utf8.ValidString(got.field) || len(got.field) > 80 {
				t.Errorf("%q is refused by %+v", raw, got)
			}
			return
		}
		if page.Limit < 1 || page.Limit > maxLimit || twin < 0 || twin > 9 || (filter.From != 0 && filter.To != 0 && filter.To <= filter.From) {
			t.Errorf("%q is read as %+v, %+v, twin %d", raw, filter, page, twin)
		}
		values, err := url.ParseQuery(raw)
		if err != nil {
			t.Fatalf("%q is accepted and malformed: %v", raw, err)
		}
		if got := values.Get("q"); strings.TrimSpace(got) != "" && filter.Where == nil && !strings.Contains(got, "sort:") {
			t.Errorf("q is %q, and selects everything", got)
		}
		// What was read can be written and read again.
		for name, at := range map[string]trace.Time{"from": filter.From, "to": filter.To} {
			if again := paramsOf(name + "=" + at.String()).time(name); again != at {
				t.Errorf("%s %v is read again as %v", name, at, again)
			}
		}
	})
}
