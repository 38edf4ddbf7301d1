package ingest

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

// sentSpan is what a vector's JSON says about a span, as Laminar means it.
type sentSpan struct {
	ID, Parent, Name, Type, Session, User string
}

// laminarVectors returns the bodies by name and what they hold, by trace.
func laminarVectors(t *testing.T) (bodies map[string][]byte, want map[string][]sentSpan) {
	t.Helper()
	files, err := filepath.Glob("testdata/laminar/*.bin")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	bodies, want = map[string][]byte{}, map[string][]sentSpan{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bodies[strings.TrimSuffix(filepath.Base(file), ".bin")] = body
		readSent(t, strings.TrimSuffix(file, ".bin")+".json", want)
	}
	for _, spans := range want {
		slices.SortFunc(spans, func(a, b sentSpan) int { return strings.Compare(a.ID, b.ID) })
	}
	return bodies, want
}

// readSent reads a decoded body with nothing but encoding/json.
func readSent(t *testing.T, file string, want map[string][]sentSpan) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Decoded struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []struct {
						TraceID, SpanID, ParentSpanID, Name string
						Attributes                          []struct {
							Key   string
							Value struct{ StringValue string }
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	known := strings.Fields("DEFAULT LLM PIPELINE EXECUTOR EVALUATOR HUMAN_EVALUATOR EVALUATION TOOL CACHED")
	for _, rs := range v.Decoded.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				got := sentSpan{ID: s.SpanID, Parent: s.ParentSpanID, Name: s.Name}
				genAI := false
				for _, a := range s.Attributes {
					switch a.Key {
					case "lmnr.span.type":
						got.Type = a.Value.StringValue
						if !slices.Contains(known, got.Type) {
							got.Type = "DEFAULT"
						}
					case "lmnr.association.properties.session_id":
						got.Session = a.Value.StringValue
					case "lmnr.association.properties.user_id":
						got.User = a.Value.StringValue
					case "gen_ai.system":
						genAI = true
					}
				}
				if got.Type == "" {
					got.Type = "DEFAULT"
					if genAI {
						got.Type = "LLM"
					}
				}
				want[s.TraceID] = append(want[s.TraceID], got)
			}
		}
	}
}

func TestLaminarBodiesInAnyOrderAndTwiceBecomeTheirTraces(t *testing.T) {
	bodies, want := laminarVectors(t)
	for range 3 {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 0))
		var order []string
		for name := range bodies {
			order = append(order, name, name)
		}
		slices.Sort(order)
		rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })

		r := newReceiver(t, Config{})
		for _, name := range order {
			resp, body := r.post(t, "/v1/traces", bodies[name], "Content-Type", "application/x-protobuf")
			if resp.StatusCode != http.StatusOK || len(body) != 0 {
				t.Fatalf("%s: status %d, answer %q; want 200 and nothing to say", name, resp.StatusCode, body)
			}
		}
		got := map[string][]sentSpan{}
		for id := range want {
			tid, err := trace.ParseTraceID(id)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range r.spans(t, tid) {
				got[id] = append(got[id], sentSpan{s.ID.String(), s.ParentID.String(), s.Name, s.Type, s.Session, s.User})
			}
			slices.SortFunc(got[id], func(a, b sentSpan) int { return strings.Compare(a.ID, b.ID) })
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("spans differ (-sent +stored):\n%s", diff)
		}
		stats, err := r.store.Stats(t.Context())
		if err != nil || stats.Traces != int64(len(want)) {
			t.Fatalf("%d traces are stored (%v), want %d", stats.Traces, err, len(want))
		}
	}
}

func TestLaminarContinuationsAreOneTraceWithOneMissingParent(t *testing.T) {
	bodies, _ := laminarVectors(t)
	r := newReceiver(t, Config{})
	ids := map[string]trace.TraceID{}
	for _, name := range []string{"continue_python.01", "continue_env.01", "continue_b.01", "continue_a.01"} {
		b := newBatch()
		if err := protoTraces(b, bodies[name]); err != nil {
			t.Fatal(err)
		}
		ids[name] = b.facts[0].Span.TraceID
		r.post(t, "/v1/traces", bodies[name], "Content-Type", "application/x-protobuf")
	}
	for _, name := range []string{"continue_b.01", "continue_env.01"} {
		if ids[name] != ids["continue_a.01"] {
			t.Errorf("%s is trace %s, want that of continue_a, %s", name, ids[name], ids["continue_a.01"])
		}
	}
	whole := trace.Summarize(r.spans(t, ids["continue_a.01"]))
	if whole.RootCount != 1 || whole.OrphanCount != 0 {
		t.Errorf("the continued trace has %d roots and %d orphans, want 1 and 0", whole.RootCount, whole.OrphanCount)
	}
	// The path of the spans that were sent names the two that were not.
	placeholders := trace.Placeholders(r.spans(t, ids["continue_python.01"]))
	if len(placeholders) != 2 || placeholders[0].Name != "py_root" || placeholders[1].Name != "py_child" || placeholders[1].ParentID != placeholders[0].ID {
		t.Errorf("continue_python has the placeholders %v, want py_root and below it py_child", placeholders)
	}
}

func TestLaminarBodiesReadTheSameAsProtobufAndAsJSON(t *testing.T) {
	bodies, _ := laminarVectors(t)
	for name, body := range bodies {
		data, err := os.ReadFile("testdata/laminar/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var v struct{ Decoded json.RawMessage }
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
		fromProto, fromJSON := newBatch(), newBatch()
		if err := protoTraces(fromProto, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := jsonTraces(fromJSON, v.Decoded); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(fromProto.facts, fromJSON.facts); diff != "" {
			t.Errorf("%s differs (-protobuf +JSON):\n%s", name, diff)
		}
	}
}
