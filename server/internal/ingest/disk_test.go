package ingest

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

func TestAFullDiskIsUnavailableForAWhileAndCountedAsWhatItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		var trouble error
		g.refuse = func([]trace.Fact) error { return trouble }
		close(g.pass)
		var log bytes.Buffer
		registry := prometheus.NewRegistry()
		in := New(Config{Store: g, Logger: slog.New(slog.NewTextHandler(&log, nil)), Metrics: registry})
		for _, trouble = range []error{store.ErrFull, store.ErrUnwritable, nil} {
			for n := range byte(3) {
				f := <-offer(in, t.Context(), n+1)
				if trouble == nil {
					if f != nil {
						t.Errorf("after the trouble: %v", f)
					}
					continue
				}
				if f == nil || f.code != codeUnavailable || f.retry != retryDisk || !strings.Contains(f.message, trouble.Error()) {
					t.Fatalf("%v: %+v", trouble, f)
				}
				in.metrics.answered("traces", "grpc", f)
			}
			time.Sleep(complaintGap)
		}
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
		for _, reason := range []string{"disk_full", "disk_unwritable"} {
			if n := counted(t, registry, "clew_ingest_refusals_total", reason); n != 3 {
				t.Errorf("%v refusals because of %s, want 3", n, reason)
			}
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 3 || !strings.Contains(lines[2], "stored again") {
			t.Errorf("want one line for each trouble and one for its end:\n%s", &log)
		}
	})
}

// counted reads the counter of a name whose only label has a value.
func counted(t *testing.T, r prometheus.Gatherer, name, label string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && m.GetLabel()[0].GetValue() == label {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}
