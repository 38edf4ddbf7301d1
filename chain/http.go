package main

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/clewhq/clew/clewhttp"
	clewnats "github.com/clewhq/clew/contrib/nats"
)

// fromHTTP takes a question over HTTP and publishes it to a stream of NATS.
func fromHTTP(ctx context.Context, s system) error {
	conn, err := nats.Connect(s.NATS)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /questions", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = clewnats.PublishStream(r.Context(), js, &nats.Msg{Subject: s.Topic, Data: body})
		}
		if err == nil {
			w.WriteHeader(http.StatusAccepted)
		} else {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
		served <- err
	})
	listener, err := inherited()
	if err != nil {
		return err
	}
	server := &http.Server{Handler: clewhttp.Handler(mux)}
	go func() { _ = server.Serve(listener) }()
	err = <-served
	return errors.Join(err, server.Shutdown(ctx)) // which lets the answer go out
}
