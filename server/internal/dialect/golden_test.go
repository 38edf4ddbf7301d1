package dialect

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file below testdata/<dialect>/ is what a tool sent for one span, and the
// file of the same name that ends with .view.json is what is read from it.
func TestWhatToolsSend(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, ".view.json") {
			continue
		}
		shapes[filepath.Base(filepath.Dir(file))]++
		t.Run(strings.TrimPrefix(file, "testdata/"), func(t *testing.T) {
			s := readSent(t, file)
			before := canonicalJSON(t, s.Attributes)
			Derive(s)
			golden(t, strings.TrimSuffix(file, ".json")+".view.json", map[string]any{"derived": s.Derived, "view": Read(s)})
			if after := canonicalJSON(t, s.Attributes); before != after {
				t.Error("attributes were changed")
			}
		})
	}
	for _, d := range dialects {
		if d.name != generic.name && shapes[d.name] < 3 {
			t.Errorf("dialect %s has %d golden files, want at least 3", d.name, shapes[d.name])
		}
	}
}

// sent is a span in a file. Numbers with a point are doubles.
type sent struct {
	Comment       string
	Scope, Name   string
	Kind          trace.Kind
	Start, End    trace.Time
	StatusMessage string
	Status        trace.Status
	Attributes    map[string]any
	Resource      map[string]any
	Events        []sentEvent
	Logs          []sentEvent // log records, which join the span as events
}

type sentEvent struct {
	Name       string
	Time       trace.Time
	Attributes map[string]any
	Body       any
}

func readSent(t *testing.T, file string) *trace.Span {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	d := json.NewDecoder(f)
	d.UseNumber()
	d.DisallowUnknownFields()
	var in sent
	if err := d.Decode(&in); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	s := &trace.Span{
		Name: in.Name, Kind: in.Kind, Start: in.Start, End: in.End, Status: in.Status, StatusMessage: in.StatusMessage,
		Attributes: attributesOf(in.Attributes), Scope: &trace.Scope{Name: in.Scope}, Resource: &trace.Resource{Attributes: attributesOf(in.Resource)},
	}
	for _, e := range in.Events {
		s.Events = append(s.Events, trace.Event{Name: e.Name, Time: e.Time, Attributes: attributesOf(e.Attributes)})
	}
	facts := []trace.Fact{{Kind: trace.Finished, Span: s}}
	for _, e := range in.Logs {
		as := attributesOf(e.Attributes)
		if e.Body != nil {
			as = append(as, trace.Attribute{Key: "body", Value: sentValue(e.Body)})
		}
		facts = append(facts, trace.Fact{Kind: trace.Happened, Span: &trace.Span{Events: []trace.Event{{Name: e.Name, Time: e.Time, Attributes: as}}}})
	}
	return trace.Merge(facts...)
}

func attributesOf(m map[string]any) trace.Attributes {
	var as trace.Attributes
	for _, key := range slices.Sorted(maps.Keys(m)) {
		as = append(as, trace.Attribute{Key: key, Value: sentValue(m[key])})
	}
	return as
}

func sentValue(v any) trace.Value {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return trace.IntValue(n)
		}
		f, _ := v.Float64()
		return trace.DoubleValue(f)
	case []any:
		var list []trace.Value
		for _, e := range v {
			list = append(list, sentValue(e))
		}
		return trace.ArrayValue(list...)
	case map[string]any:
		return trace.MapValue(attributesOf(v)...)
	case string:
		return trace.StringValue(v)
	case bool:
		return trace.BoolValue(v)
	default:
		return trace.Value{}
	}
}

// golden compares v, as JSON without what is empty, with a file.
func golden(t *testing.T, file string, v any) {
	t.Helper()
	var plain any
	if err := json.Unmarshal([]byte(canonicalJSON(t, v)), &plain); err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(stripped(plain), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	if *update {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the test with -update and look at what it wrote", err)
	}
	if diff := cmp.Diff(string(want), string(b)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

// stripped leaves out what is empty, so that a golden file shows what is known.
func stripped(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if e = stripped(e); e != nil && e != "" && e != false && (k != "Bytes" || e != 0.0) {
				out[k] = e
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		for i := range v {
			v[i] = stripped(v[i])
		}
		if len(v) == 0 {
			return nil
		}
		return v
	}
	return v
}

func canonicalJSON(t *testing.T, v any) string {
	t.Helper()
	return marshal(v)
}
