package ingest

import (
	"cmp"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what ingest tells Prometheus.
type metrics struct {
	items    *prometheus.CounterVec // by signal, transport, result
	requests *prometheus.CounterVec // by signal, transport, code
	refusals *prometheus.CounterVec // by reason
	bytes    prometheus.Counter
	commit   prometheus.Histogram
}

// newMetrics registers with r, unless it is nil. waiting says how many requests
// wait for their commit.
func newMetrics(r prometheus.Registerer, m *budget, waiting func() int) *metrics {
	ms := &metrics{
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clew_ingest_items_total",
			Help: "Spans and log records received, by what became of them: accepted, refused or dropped (valid, but not kept).",
		}, []string{"signal", "transport", "result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clew_ingest_requests_total",
			Help: "Export requests answered, by gRPC status code (0 is success).",
		}, []string{"signal", "transport", "code"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clew_ingest_refusals_total",
			Help: "Export requests refused whole, by reason: malformed, unsupported, too_large, pending (too much waits), disk_full, disk_unwritable, store, deadline, canceled, closing or internal.",
		}, []string{"reason"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "clew_ingest_bytes_total",
			Help: "Bytes of request bodies after decompression.",
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "clew_ingest_commit_seconds",
			Help:    "Time to make one group of requests durable.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}),
	}
	pending := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "clew_ingest_pending_bytes",
		Help: "Memory held by requests that are read, decoded or waiting for their commit.",
	}, func() float64 { return float64(m.inUse()) })
	queue := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "clew_ingest_waiting_requests",
		Help: "Requests that are decoded and wait for their commit.",
	}, func() float64 { return float64(waiting()) })
	if r != nil {
		r.MustRegister(ms.items, ms.requests, ms.refusals, ms.bytes, ms.commit, pending, queue)
	}
	return ms
}

// answered counts an answer; f is nil for success.
func (m *metrics) answered(signal, transport string, f *failure) {
	c := codeOK
	if f != nil {
		c = f.code
		m.refusals.WithLabelValues(cmp.Or(f.reason, reasons[f.code], "internal")).Inc()
	}
	m.requests.WithLabelValues(signal, transport, strconv.Itoa(int(c))).Inc()
}

func (m *metrics) counted(signal, transport string, b *batch) {
	for result, n := range map[string]int{
		"accepted": b.items - b.refused - b.dropped, "refused": b.refused, "dropped": b.dropped,
	} {
		if n > 0 {
			m.items.WithLabelValues(signal, transport, result).Add(float64(n))
		}
	}
}
