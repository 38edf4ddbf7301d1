package main

import (
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/clewhq/clew/internal/servertest"
)

// servers are what the chain runs through.
type servers struct {
	system
	clew string // the URL that spans go to
}

// startServers starts all of them side by side, and makes the topics in each.
func startServers(t *testing.T, topics []string) servers {
	t.Helper()
	var s servers
	var wait sync.WaitGroup
	for to, start := range map[*string]func() (*servertest.Server, error){
		&s.Redis:    servertest.Redis,
		&s.RabbitMQ: servertest.RabbitMQ,
		&s.Postgres: servertest.PostgreSQL,
		&s.clew: func() (*servertest.Server, error) {
			binary, err := servertest.ClewBinary("../server", t.TempDir())
			if err != nil {
				return nil, err
			}
			return servertest.Clew(binary)
		},
	} {
		wait.Go(func() {
			server, err := start()
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() {
				if err := server.Stop(); err != nil {
					t.Error(err)
				}
			})
			*to = server.URL
		})
	}
	wait.Go(func() {
		var err error
		if s.NATS, err = startNATS(t); err != nil {
			t.Error(err)
		}
	})
	wait.Go(func() {
		// Kafka's protocol, spoken by franz-go's broker for tests.
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topics...))
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(cluster.Close)
		s.Kafka = cluster.ListenAddrs()[0]
	})
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for name, err := range map[string]error{
		"NATS": s.makeStreams(t, topics), "RabbitMQ": s.makeQueues(topics), "PostgreSQL": s.makeTable(t),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return s
}

func startNATS(t *testing.T) (url string, err error) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		return "", err
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		return "", errors.New("the NATS server is not ready")
	}
	return s.ClientURL(), nil
}

func (s servers) makeStreams(t *testing.T, topics []string) error {
	conn, err := nats.Connect(s.NATS)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: topic, Subjects: []string{topic}}); err != nil {
			return err
		}
	}
	return nil
}

func (s servers) makeQueues(topics []string) error {
	conn, err := amqp.Dial(s.RabbitMQ)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	for _, topic := range topics {
		if _, err := channel.QueueDeclare(topic, true, false, false, false, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s servers) makeTable(t *testing.T) error {
	db, err := pgx.Connect(t.Context(), s.Postgres)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(t.Context()) }()
	_, err = db.Exec(t.Context(),
		"CREATE TABLE work (id bigserial PRIMARY KEY, topic text NOT NULL, question text NOT NULL, span_context text)")
	return err
}
