// Package server wires the parts of Clew's server together and runs them: the
// only place that knows which storage engine is behind the others. The parts
// themselves are in internal/, one noun a package.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/clewhq/clew/server/internal/api"
	"github.com/clewhq/clew/server/internal/auth"
	"github.com/clewhq/clew/server/internal/compat/laminar"
	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/ingest"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/retention"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/web"
)

// Limits of a connection. Bodies have limits of their own in ingest.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Run serves until ctx ends, then shuts down: it stops accepting, lets running
// requests finish within the grace period, commits what was accepted and closes
// the store. ready is called once with the URL of the UI when requests are
// served; it may be nil. The error is nil after an orderly shutdown.
func Run(ctx context.Context, cfg Config, log *slog.Logger, ready func(url string)) (err error) {
	if err := cfg.validate(); err != nil {
		return err
	}
	main, err := listen(ctx, "--listen", cfg.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = main.Close() }()

	st, closeStore, err := openStore(cfg.Store, cfg.Data, log)
	if err != nil {
		return err
	}
	defer func() { err = joinErr(err, closeStore()) }()

	deriver, err := newDeriver(cfg)
	if err != nil {
		return err
	}
	hub := live.New()
	defer hub.Close()
	registry := newRegistry(st)
	if own, ok := st.(prometheus.Collector); ok {
		registry.MustRegister(own)
	}
	in := ingest.New(ingest.Config{
		Store: st, Live: hub, Logger: log, Deriver: deriver, MaxBody: cfg.MaxBody, MaxPending: cfg.MaxPending, Metrics: registry,
	})
	guard := auth.New(cfg.Key, loopback(cfg.Listen) && (cfg.ListenGRPC == "" || loopback(cfg.ListenGRPC)))
	srv := newHTTPServer(guard.Wrap(routes(cfg, st, hub, in, deriver, guard, registry, log)), log)
	srv.RegisterOnShutdown(hub.Close) // live streams never end by themselves

	keeping, stopKeeping := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() {
		(&retention.Keeper{Store: st, Policy: retention.Policy{Age: cfg.Retention, Size: cfg.MaxSize}, Log: log, Now: time.Now}).Run(keeping)
	})
	defer keeper.Wait()
	defer stopKeeping()

	listeners := []net.Listener{main}
	if grpc := listenGRPC(ctx, cfg, log); grpc != nil {
		listeners = append(listeners, grpc)
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- srv.Serve(l) }()
	}
	log.Info("serving", "url", url(main.Addr()), "data", cfg.Data, "store", cfg.Store, "version", Version())
	if ready != nil {
		ready(url(main.Addr()))
	}

	select {
	case <-ctx.Done():
		log.Info("shutting down; a second signal ends it at once", "grace", cfg.Grace)
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Grace)
	defer cancel()
	if serr := srv.Shutdown(grace); serr != nil {
		log.Warn("some requests did not finish in time", "grace", cfg.Grace)
		_ = srv.Close()
	}
	return joinErr(err, in.Close(grace))
}

// routes puts every part at its path.
func routes(cfg Config, st store.Store, hub *live.Hub, in *ingest.Ingest, deriver derive.Deriver, guard *auth.Guard, registry *prometheus.Registry, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	in.Register(mux)
	laminar.New(laminar.Config{Store: st, Receive: in.Take, CanRetry: ingest.CanRetry, Logger: log}).Register(mux)
	mux.Handle("/api/v1/", api.New(api.Config{
		Store: st, Live: hub, Deriver: deriver, Version: Version(), KeyRequired: cfg.Key != "", Login: guard.Login(), Logger: log,
		Backup: backupOf(st),
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if _, err := st.Stats(r.Context()); err != nil {
			http.Error(w, "store: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("/", unlessPosted(web.Handler()))
	return mux
}

// unlessPosted tells a sender whose path is wrong what is right; anything else
// goes to ui. To gRPC the 404 says that there is no such method.
func unlessPosted(ui http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			ui.ServeHTTP(w, r)
			return
		}
		http.Error(w, fmt.Sprintf("nothing is received at %.200q: OTLP over HTTP goes to /v1/traces, /v1/logs and /v1/metrics, "+
			"so set OTEL_EXPORTER_OTLP_ENDPOINT to this server's address without a path", r.URL.Path), http.StatusNotFound)
	})
}

// newHTTPServer speaks HTTP/1.1 and cleartext HTTP/2, which gRPC needs, on one listener.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           h,
		Protocols:         &protocols,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

func listen(ctx context.Context, flag, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s %s: the port is taken, perhaps by another clew: stop it, or choose another port with %s", flag, addr, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, addr, err)
	}
	return l, nil
}

// listenGRPC opens the second port. It is a convenience, so a taken port is a
// warning: the first port serves gRPC as well.
func listenGRPC(ctx context.Context, cfg Config, log *slog.Logger) net.Listener {
	if cfg.ListenGRPC == "" {
		return nil
	}
	l, err := listen(ctx, "--listen-grpc", cfg.ListenGRPC)
	if err != nil {
		log.Warn("OTLP/gRPC is served on the main port only", "listen", cfg.Listen, "reason", err.Error())
		return nil
	}
	return l
}

// newRegistry has the metrics that no part owns; each part registers its own.
func newRegistry(st store.Store) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	stat := func(name, help string, get func(store.Stats) int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			s, err := st.Stats(context.Background())
			if err != nil {
				return 0
			}
			return float64(get(s))
		})
	}
	r.MustRegister(
		stat("clew_store_spans", "Spans in the store.", func(s store.Stats) int64 { return s.Spans }),
		stat("clew_store_traces", "Traces in the store.", func(s store.Stats) int64 { return s.Traces }),
		stat("clew_store_bytes", "Bytes of the store on disk.", func(s store.Stats) int64 { return s.Bytes }),
	)
	return r
}

// NewLogger returns the logger that cfg asks for, writing to w.
func NewLogger(cfg Config, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// joinErr is errors.Join that keeps a lone error as it is.
func joinErr(a, b error) error {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return errors.Join(a, b)
}
