package query_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
)

func TestTheGuideNamesEveryFieldAndItsExamplesParse(t *testing.T) {
	text, err := os.ReadFile("../../../docs/guide/search.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, fields, _ := strings.Cut(string(text), "## Fields")
	n := 0
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(examples, -1) {
		n++
		if _, err := query.Parse(m[1], now); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
	}
	if n < 10 {
		t.Errorf("%d examples", n)
	}
	for _, f := range query.Fields() {
		if row := "| `" + f.Name + "` | " + f.Help + " |"; !strings.Contains(fields, row) {
			t.Errorf("the guide lacks the row\n%s", row)
		}
	}
}
