package ingest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Config says where telemetry goes and how much of it is taken at a time. Only
// Store is required.
type Config struct {
	Store      store.Store
	Live       *live.Hub // told which traces changed, after they are durable
	Logger     *slog.Logger
	Deriver    derive.Deriver // makes the derived part of what comes in
	MaxBody    int64          // bytes of one request after decompression; 0 is 64 MiB
	MaxPending int64          // bytes of all requests that are not stored yet; 0 is 256 MiB
	Metrics    prometheus.Registerer
	Now        func() time.Time // nil is time.Now
}

// Ingest receives telemetry. Make one with New; Close it before its store.
type Ingest struct {
	store   store.Store
	deriver derive.Deriver
	live    *live.Hub
	logger  *slog.Logger
	maxBody int64
	budget  *budget
	metrics *metrics
	now     func() time.Time

	zstdSlots chan struct{} // one token for each zstd decoder that runs

	life context.Context // ends when commits are given up
	stop context.CancelFunc

	complaints int       // requests that were not stored since complained
	complained time.Time // when that was last logged
	troubled   bool      // it was logged, and nothing was stored since

	mu      sync.Mutex
	queue   []*waiting
	busy    bool // a commit runs
	closed  bool
	wake    chan struct{} // holds a token when the queue or closed changed
	drained chan struct{} // closed when the committer has ended
}

// New starts the committer, which runs until Close.
func New(c Config) *Ingest {
	in := &Ingest{
		store:   c.Store,
		deriver: c.Deriver,
		live:    c.Live,
		logger:  c.Logger,
		maxBody: cmp.Or(c.MaxBody, defaultMaxBody),
		budget:  newBudget(cmp.Or(c.MaxPending, defaultMaxPending)),
		now:     c.Now,

		zstdSlots: make(chan struct{}, runtime.GOMAXPROCS(0)),

		wake:    make(chan struct{}, 1),
		drained: make(chan struct{}),
	}
	if in.now == nil {
		in.now = time.Now
	}
	if in.logger == nil {
		in.logger = slog.New(slog.DiscardHandler)
	}
	in.metrics = newMetrics(c.Metrics, in.budget, in.waiting)
	in.life, in.stop = context.WithCancel(context.Background())
	go in.run()
	return in
}

// Register mounts OTLP's HTTP and gRPC paths. For gRPC the server must speak
// HTTP/2, in the clear if it has no TLS.
func (in *Ingest) Register(mux *http.ServeMux) {
	for _, s := range signals {
		mux.Handle(s.path, in.httpHandler(s))
		mux.Handle(s.rpc, in.grpcHandler(s))
	}
}

// answer is what a sender is told about a request that was not refused whole.
type answer struct {
	rejected int
	message  string // "" when everything was taken as it was sent
}

// process decodes a body and makes its content durable. It takes over h.
func (in *Ingest) process(ctx context.Context, s signal, transport string, decode func(*batch, []byte) error, body []byte, h *hold) (answer, *failure) {
	if decode == nil {
		h.release()
		return answer{message: metricsNotice}, nil
	}
	b := &batch{deriver: in.deriver, now: trace.Time(in.now().UnixNano()), grow: h.grow}
	if err := decode(b, body); err != nil {
		defer h.release()
		if errors.Is(err, errBusy) || errors.Is(err, errLarge) {
			return answer{}, in.memoryFailure(err)
		}
		return answer{}, fail(codeInvalidArgument, "cannot decode %s: %v; nothing of the request was stored", s.name, err)
	}
	if len(b.facts) == 0 {
		defer h.release()
	} else if f := in.commit(ctx, b.facts, h); f != nil {
		return answer{}, f
	}
	in.metrics.counted(s.name, transport, b)
	a := answer{b.refused, b.message(s.noun)}
	if a.message != "" {
		in.logger.Debug("telemetry was not taken as sent", "signal", s.name, "transport", transport,
			"refused", a.rejected, "reason", a.message)
	}
	return a, nil
}
