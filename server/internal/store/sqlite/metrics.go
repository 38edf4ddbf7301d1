package sqlite

import (
	"context"
	"os"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clewhq/clew/server/internal/store"
)

// metrics counts what the store did since it was opened.
type metrics struct {
	deletedTraces, deletedSpans atomic.Int64
	upkeepFailing               atomic.Bool
}

func (m *metrics) deleted(r store.Receipt) {
	m.deletedTraces.Add(r.Traces)
	m.deletedSpans.Add(r.Spans)
}

// described are the metrics that Collect sends, in its order.
var described = struct{ file, free, loose, unindexed, segments, rows, deletedTraces, deletedSpans, failing *prometheus.Desc }{
	file:          prometheus.NewDesc("clew_store_file_bytes", "Bytes of the store's files on disk: the database and its write-ahead log.", []string{"file"}, nil),
	free:          prometheus.NewDesc("clew_store_free_bytes", "Bytes of the database that will be used again or given back.", nil, nil),
	loose:         prometheus.NewDesc("clew_store_upkeep_traces", "Traces that upkeep has yet to rewrite into one piece; quiet ones go within seconds.", nil, nil),
	unindexed:     prometheus.NewDesc("clew_store_upkeep_unindexed", "Upper bound of the traces that upkeep has yet to index again after an upgrade or a repair; 0 as a rule.", nil, nil),
	segments:      prometheus.NewDesc("clew_store_index_segments", "Segments of the index; upkeep merges eight of a level into one, or sixteen while spans arrive.", nil, nil),
	rows:          prometheus.NewDesc("clew_store_rows", "Rows of the store, by what they are.", []string{"of"}, nil),
	deletedTraces: prometheus.NewDesc("clew_store_deleted_traces_total", "Traces deleted, by retention or on request.", nil, nil),
	deletedSpans:  prometheus.NewDesc("clew_store_deleted_spans_total", "Spans of deleted traces.", nil, nil),
	failing:       prometheus.NewDesc("clew_store_upkeep_failing", "1 while upkeep fails, as the log says; 0 otherwise.", nil, nil),
}

// Describe implements [prometheus.Collector].
func (s *Store) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, ch) }

// Collect implements [prometheus.Collector]. What can't be read is left out.
func (s *Store) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for label, suffix := range map[string]string{"database": "", "log": "-wal"} {
		if info, err := os.Stat(s.path + suffix); err == nil {
			gauge(described.file, float64(info.Size()), label)
		}
	}
	count := func(t *tx, d *prometheus.Desc, factor float64, q string, labels ...string) error {
		var n int64
		_, err := t.one(q, nil, &n)
		if err == nil {
			gauge(d, float64(n)*factor, labels...)
		}
		return err
	}
	err := s.snapshot(context.Background(), "metrics", func(t *tx) error {
		var page int64
		if _, err := t.one("PRAGMA page_size", nil, &page); err != nil {
			return err
		}
		for _, c := range []struct {
			desc   *prometheus.Desc
			factor float64
			q      string
			labels []string
		}{
			{described.free, float64(page), "PRAGMA freelist_count", nil},
			{described.loose, 1, "SELECT count(*) FROM traces INDEXED BY traces_loose WHERE loose > 1", nil},
			{described.unindexed, 1, "SELECT coalesce(max(value), 0) FROM counters WHERE name = 'unindexed'", nil},
			{described.segments, 1, "SELECT count(*) FROM segments WHERE ready", nil},
			{described.rows, 1, "SELECT count(*) FROM sessions", []string{"sessions"}},
			{described.rows, 1, "SELECT count(*) FROM services", []string{"services"}},
		} {
			if err := count(t, c.desc, c.factor, c.q, c.labels...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.log.Debug("metrics of the store are incomplete", "error", err)
	}
	for d, v := range map[*prometheus.Desc]int64{described.deletedTraces: s.metrics.deletedTraces.Load(), described.deletedSpans: s.metrics.deletedSpans.Load()} {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	failing := 0.0
	if s.metrics.upkeepFailing.Load() {
		failing = 1
	}
	gauge(described.failing, failing)
}
