// Command chain is a question that travels as far as one can go: from an HTTP client over NATS JetStream, a Redis stream,
// RabbitMQ, Kafka, a row of PostgreSQL, the environment of a child process and gRPC to an MCP tool. Each stop is a process
// of its own that handles one question and ends; its test runs them all with real servers and finds one trace.
//
// A stop is named by what it receives from and stands in a file of that name, so that each file shows both sides of a
// process: how a context comes in and how it goes out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/clewhq/clew"
	clewxray "github.com/clewhq/clew/contrib/xray"
)

// stop is one process of the chain.
type stop struct {
	name string
	run  func(context.Context, system) error
}

// stops is the table of all, in the question's order.
var stops = []stop{
	{"client", ask},
	{"http", fromHTTP},
	{"nats", fromNATS},
	{"redis", fromRedis},
	{"rabbitmq", fromRabbitMQ},
	{"kafka", fromKafka},
	{"postgres", fromPostgres},
	{"process", fromProcess},
	{"grpc", fromGRPC},
	{"mcp", fromMCP},
}

// system tells a stop where the servers are. It comes in the environment variable CHAIN, as JSON.
type system struct {
	HTTP, NATS, Redis, RabbitMQ, Kafka, Postgres, GRPC string // addresses, each as its client library wants it

	// Topic is the name of the subject, stream, queue and topic that the question travels through, and marks its row.
	Topic string

	// Formats are the context formats of each hop, by the name of the stop that receives. Without any, each stop does as if
	// nobody had chosen.
	Formats map[string][]string
}

const variable = "CHAIN"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: chain STOP")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "chain %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// run is the whole life of one process.
func run(ctx context.Context, name string) (err error) {
	i := slices.IndexFunc(stops, func(s stop) bool { return s.name == name })
	if i < 0 {
		return errors.New("there is no such stop")
	}
	var s system
	if err := json.Unmarshal([]byte(os.Getenv(variable)), &s); err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	opts := []clew.Option{clew.ServiceName(name), clew.MoreFormats(clewxray.Format)}
	if s.Formats != nil {
		opts = append(opts, clew.ContextFormats(s.formats(i)...))
	}
	shutdown, err := clew.Setup(ctx, opts...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shutdown(context.Background())) }()
	return stops[i].run(ctx, s)
}

// formats are those of the hop to a stop and of the hop that it leaves by: what a process between two systems has to know.
func (s system) formats(i int) []string {
	out := slices.Clone(s.Formats[stops[i].name])
	if i+1 < len(stops) {
		out = append(out, s.Formats[stops[i+1].name]...)
	}
	return out
}

// inherited is the listener that a server's process is started with, as file 3: clients can connect before it runs.
func inherited() (net.Listener, error) { return net.FileListener(os.NewFile(3, "listener")) }

// itself is the program that this process runs, to start another stop with.
func itself() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// question is what is asked all the way.
const question = "why is the sky blue?"

// checked tells a stop that got something else.
func checked(got string) error {
	if !strings.Contains(got, question) {
		return fmt.Errorf("received %q", got)
	}
	return nil
}
