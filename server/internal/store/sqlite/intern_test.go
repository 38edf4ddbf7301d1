package sqlite

import (
	"bytes"
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
		var last lastOf[trace.Resource]
		r, err := in.get(nil, &last, no) // it needs no transaction for what it keeps
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
