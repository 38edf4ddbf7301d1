package sqlite

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestInternedValuesAreBoundedAndStayAsTheyWere(t *testing.T) {
	s := openIdle(t, t.TempDir())
	in := s.resources
	large := bytes.Repeat([]byte("x"), maxInternedBytes/3)
	var first *trace.Resource
	for no := range int64(10) {
		var e encoder
		e.resource(&trace.Resource{SchemaURL: strings.Repeat(string(rune('a'+no)), len(large))})
		in.keep(no, e.buf)
		var known decodedOf[trace.Resource]
		r, err := in.get(nil, &known, no) // it needs no transaction for what it keeps
		if err != nil || strings.Trim(r.SchemaURL, string(rune('a'+no))) != "" || len(r.SchemaURL) != len(large) {
			t.Fatalf("resource %d is read as %.20q, %v", no, r.SchemaURL, err)
		}
		if first == nil {
			first = r
		}
		if len(in.rows) > maxInternedBytes {
			t.Errorf("%d bytes are kept, more than %d", len(in.rows), maxInternedBytes)
		}
	}
	in.keep(100, bytes.Repeat(large, 4))
	if _, ok := in.byNo[100]; ok || len(in.byNo) == 0 {
		t.Error("what is too large is kept, or others went for it")
	}
	if strings.Trim(first.SchemaURL, "a") != "" {
		t.Error("an earlier value changed when others came")
	}
	for no := range int64(2 * maxInterned) {
		in.keep(1000+no, []byte{0, 0, 0})
	}
	if len(in.byNo) > maxInterned {
		t.Errorf("%d values are kept, more than %d", len(in.byNo), maxInterned)
	}
}

func TestSpansOfATraceShareTheirResourcesAndScopesInWhateverOrder(t *testing.T) {
	for _, turns := range []int{1, 2, 17, 2 * maxDecoded} {
		s := openIdle(t, t.TempDir())
		var facts []trace.Fact
		for i := range 3 * turns {
			of := fmt.Sprint(i % turns)
			facts = append(facts, trace.Fact{Kind: trace.Finished, Span: &trace.Span{
				TraceID: trace.TraceID{1}, ID: trace.SpanID{byte(i >> 8), byte(i), 1}, Start: trace.Time(1 + i), End: trace.Time(2 + i),
				Resource: &trace.Resource{SchemaURL: of}, Scope: &trace.Scope{Name: of},
				Derived: trace.Derived{Service: "svc", Type: "DEFAULT"},
			}})
		}
		if err := s.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		whole, err := s.Spans(t.Context(), trace.TraceID{1})
		if err != nil {
			t.Fatal(err)
		}
		outline, err := s.Outline(t.Context(), trace.TraceID{1})
		if err != nil {
			t.Fatal(err)
		}
		for what, spans := range map[string][]*trace.Span{"whole": whole, "outline": outline} {
			resources, scopes := map[*trace.Resource]bool{}, map[*trace.Scope]bool{}
			for i, sp := range spans {
				resources[sp.Resource], scopes[sp.Scope] = true, true
				if of := fmt.Sprint(i % turns); sp.Resource.SchemaURL != of || sp.Scope.Name != of {
					t.Fatalf("%s: span %d has resource %q and scope %q", what, i, sp.Resource.SchemaURL, sp.Scope.Name)
				}
			}
			if len(spans) != 3*turns || len(resources) != turns || len(scopes) != turns {
				t.Errorf("%s: %d resources and %d scopes of %d spans, want %d of %d", what, len(resources), len(scopes), len(spans), turns, 3*turns)
			}
		}
	}
}

func TestWhatATransactionDecodedIsBoundedFromTraceToTrace(t *testing.T) {
	s := openIdle(t, t.TempDir())
	in := s.resources
	for _, size := range []int{0, maxInternedBytes / 8} {
		var known decodedOf[trace.Resource]
		for no := range int64(20*(maxDecoded+1)/(1+size)) + 20 {
			var e encoder
			e.resource(&trace.Resource{SchemaURL: strings.Repeat("x", size)})
			in.keep(no, e.buf)
			known.trim()
			if len(known.byNo) > maxDecoded || known.size > maxInternedBytes {
				t.Fatalf("%d values of %d bytes are kept", len(known.byNo), known.size)
			}
			if r, err := in.get(nil, &known, no); err != nil || len(r.SchemaURL) != size {
				t.Fatalf("resource %d: %v", no, err)
			}
		}
	}
}
