package derive

import (
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestWhatIsDerivedAgainByAnEarlierClockBeatsWhatWasDerivedBefore(t *testing.T) {
	s := &trace.Span{
		Start: 1, End: 2, Resource: &trace.Resource{}, Scope: &trace.Scope{},
		Derived: trace.Derived{Service: "wrong", Type: "DEFAULT", Again: 1000},
	}
	f, changed := Deriver{}.rederive(s, 500)
	if !changed || trace.Merge(f, trace.Fact{Kind: trace.Finished, Span: s}).Service == "wrong" {
		t.Errorf("%+v, %v", f.Span.Derived, changed)
	}
}
