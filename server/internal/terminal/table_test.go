package terminal

import (
	"strings"
	"testing"
)

func TestNumbersOfATableEndAtTheSamePlace(t *testing.T) {
	table := NewTable(Column{Name: "NAME"}, Column{Name: "TOOK", Right: true}, Column{Name: "SPANS", Right: true}, Column{Name: "MORE"})
	table.Row("größer", "12.5 µs", "7", "")
	table.Row("b", "1 s", "1234567", "the last is as it is")
	var out strings.Builder
	if err := table.Write(&out); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"NAME       TOOK    SPANS  MORE\n" +
		"größer  12.5 µs        7\n" +
		"b           1 s  1234567  the last is as it is\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestATableWithoutRowsHasItsHeader(t *testing.T) {
	var out strings.Builder
	if err := NewTable(Column{Name: "A"}, Column{Name: "B", Right: true}).Write(&out); err != nil || out.String() != "A  B\n" {
		t.Errorf("%v, got %q", err, out.String())
	}
}
