package sqlview

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of columns into the guide")

const guide = "../../../docs/guide/sql.md"

func TestTheGuidesExamplesRun(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(examples) < 8 {
		t.Fatalf("%d examples", len(examples))
	}
	for name, e := range engines(t) {
		for _, example := range examples {
			got, err := e.Query(t.Context(), example[1], 100)
			if err != nil {
				t.Errorf("%s: %s: %v", name, example[1], err)
			}
			// The conversation is of one day and has no tool calls.
			if len(got.Rows) == 0 && !strings.Contains(example[1], "'now'") && !strings.Contains(example[1], "tool_call") && !strings.Contains(example[1], "kind = 'server'") {
				t.Errorf("%s: %s: no rows", name, example[1])
			}
		}
	}
}

func TestTheGuideNamesEveryColumn(t *testing.T) {
	b, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, v := range Views() {
		var rows strings.Builder
		for _, c := range v.Columns {
			rows.WriteString("| `" + c.Name + "` | " + c.Type + " | " + c.Help + " |\n")
		}
		section := regexp.MustCompile("(?s)(### `" + v.Name + "`.*?\\|---\\|---\\|---\\|\n)(.*?)(\n#)")
		m := section.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("the guide has no section for %s", v.Name)
		}
		if m[2] != rows.String() && !*update {
			t.Errorf("the guide's columns of %s are not those of the view; run go test -update", v.Name)
		}
		text = strings.Replace(text, m[0], m[1]+rows.String()+m[3], 1)
	}
	if *update {
		if err := os.WriteFile(guide, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
