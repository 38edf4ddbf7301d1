package retention

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/store/sqlite"
	"github.com/clewhq/clew/server/internal/trace"
)

const hour = trace.Time(time.Hour)

// hourly appends a trace an hour, each with as much text.
func hourly(t *testing.T, s store.Store, n int) {
	t.Helper()
	for i := range n {
		sp := &trace.Span{
			Name: "work", Start: trace.Time(i+1) * hour, End: trace.Time(i+1)*hour + 1, Resource: &trace.Resource{}, Scope: &trace.Scope{},
			Derived: trace.Derived{Service: "svc", Type: "DEFAULT"},
		}
		binary.BigEndian.PutUint64(sp.TraceID[:8], uint64(i+1))
		sp.ID[0] = 1
		var text strings.Builder
		for k := range 500 {
			text.WriteString(time.Unix(int64(i*1000+k*k), 0).UTC().Format("Mon Jan 2 15:04:05 2006 "))
		}
		sp.Attributes = trace.Attributes{{Key: "text", Value: trace.StringValue(text.String())}}
		if err := s.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: sp}}); err != nil {
			t.Fatal(err)
		}
	}
}

func left(t *testing.T, s store.Store) []trace.Summary {
	t.Helper()
	items, _, err := s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func TestTracesGoByTheirLastActivity(t *testing.T) {
	s := memory.New()
	hourly(t, s, 10)
	// The oldest trace is resumed.
	spans, err := s.Spans(t.Context(), left(t, s)[9].TraceID)
	if err != nil {
		t.Fatal(err)
	}
	late := *spans[0]
	late.ID, late.Start, late.End = trace.SpanID{2}, 10*hour, 11*hour
	if err := s.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: &late}}); err != nil {
		t.Fatal(err)
	}
	k := Keeper{Store: s, Policy: Policy{Age: 5 * time.Hour}, Now: func() time.Time { return trace.Time(11 * hour).Std() }}
	receipt, err := k.Sweep(t.Context())
	if err != nil || receipt.Traces != 4 {
		t.Errorf("%+v, %v; want 4 traces", receipt, err)
	}
	items := left(t, s)
	if len(items) != 6 || items[5].Start != hour {
		t.Errorf("%d traces are left, the last from %s", len(items), items[len(items)-1].Start)
	}
}

func TestTheLongestIdleTracesGoWhenTheStoreIsTooLarge(t *testing.T) {
	s, err := sqlite.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	hourly(t, s, 60)
	before, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k := Keeper{Store: s, Policy: Policy{Size: before.Bytes - before.Free - 50_000}, Now: time.Now}
	receipt, err := k.Sweep(t.Context())
	if err != nil || receipt.Traces == 0 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	items := left(t, s)
	if len(items) != 60-int(receipt.Traces) {
		t.Errorf("%d traces are left, the receipt says that %d went", len(items), receipt.Traces)
	}
	if len(items) > 0 && items[0].Start != 60*hour {
		t.Errorf("the newest trace that is left is from %s", items[0].Start)
	}
}

func TestWithoutAPolicyNothingGoes(t *testing.T) {
	s := memory.New()
	hourly(t, s, 3)
	k := Keeper{Store: s, Now: time.Now}
	k.Run(context.Background()) // returns
	if receipt, err := k.Sweep(t.Context()); err != nil || receipt.Traces != 0 || len(left(t, s)) != 3 {
		t.Errorf("%+v, %v", receipt, err)
	}
}
