package propagators_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/clewhq/clew/propagators"
)

// received is a context that continues a span of another process.
func received() context.Context {
	return propagators.All().Extract(context.Background(), propagators.Map{
		"traceparent":            "00-0123456789abcdef0123456789abcdef-fedcba9876543210-01",
		"x-laminar-span-context": `{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"00000000-0000-0000-fedc-ba9876543210","sessionId":"chat-7"}`,
	})
}

// A gateway speaks other formats than the SDK's default on one side.
func ExampleNew() {
	zipkin, err := propagators.New("b3", "jaeger")
	if err != nil {
		panic(err) // no format has that name; Names has them all
	}
	header := http.Header{}
	zipkin.Inject(received(), propagators.Header(header))
	fmt.Println(header.Get("b3"))
	fmt.Println(header.Get("uber-trace-id"))

	// Output:
	// 0123456789abcdef0123456789abcdef-fedcba9876543210-1
	// 0123456789abcdef0123456789abcdef:fedcba9876543210:0:1
}

// What travels to a friend and what to a stranger.
func ExamplePropagator_IDsOnly() {
	friend, stranger := propagators.Map{}, propagators.Map{}
	propagators.All().Inject(received(), friend)
	propagators.All().IDsOnly().Inject(received(), stranger)
	fmt.Println(len(friend), len(stranger))
	fmt.Println(stranger["traceparent"])

	// Output:
	// 2 1
	// 00-0123456789abcdef0123456789abcdef-fedcba9876543210-01
}

// A string of any format is told apart by its looks; what is wrong with it is said with its place.
func ExamplePropagator_Parse() {
	for _, text := range []string{
		"00-0123456789abcdef0123456789abcdef-fedcba9876543210-01",
		"0123456789abcdef0123456789abcdef-fedcba9876543210-1",
		"00-0123456789abcdef0123456789abcdeX-fedcba9876543210-01",
	} {
		carried, refusal := propagators.All().Parse(text)
		if refusal != nil {
			fmt.Println(refusal.Format, refusal.Reason, "at byte", refusal.Offset)
			continue
		}
		fmt.Println(carried.Format, carried.SpanContext.SpanID())
	}

	// Output:
	// tracecontext fedcba9876543210
	// b3 fedcba9876543210
	// tracecontext syntax at byte 3
}

// A receiver believes only what its own senders have signed.
func ExamplePropagator_ExtractWith() {
	key := []byte("a secret of at least sixteen bytes")
	text := propagators.WriteLaminar(propagators.Current(received()))
	trust := propagators.Trust{Keys: [][]byte{key}}

	for _, text := range []string{propagators.SignLaminar(text, key), text} {
		message := propagators.Map{"x-laminar-span-context": text}
		ctx := propagators.All().ExtractWith(context.Background(), message, trust)
		if sender := propagators.Current(ctx); sender.Valid() {
			fmt.Println("believed:", sender.Session)
		}
		for _, r := range propagators.Refusals(ctx) {
			fmt.Println("refused:", r.Reason)
		}
	}

	// Output:
	// believed: chat-7
	// refused: unsigned
}

// A queue without headers: the context goes inside the message.
func ExampleSeal() {
	sealed := propagators.Seal(json.RawMessage(`{"order":7}`))
	propagators.All().IDsOnly().Inject(received(), sealed.Context)
	message, err := json.Marshal(sealed)
	if err != nil {
		panic(err) // the payload is no JSON
	}
	fmt.Println(string(message))

	opened := propagators.Open(message)
	ctx := propagators.All().Extract(context.Background(), opened.Context)
	fmt.Println(propagators.Current(ctx).SpanContext.SpanID(), string(opened.Payload))

	// Output:
	// {"trace_context":{"traceparent":"00-0123456789abcdef0123456789abcdef-fedcba9876543210-01"},"payload":{"order":7}}
	// fedcba9876543210 {"order":7}
}

// A job's context waits in a database, in a column that may be NULL.
func ExampleColumn() {
	stored, err := propagators.Column("00-0123456789abcdef0123456789abcdef-fedcba9876543210-01").Value() // by database/sql
	if err != nil {
		panic(err)
	}
	var column propagators.Column
	if err := column.Scan(stored); err != nil { // by rows.Scan(&column)
		panic(err) // the column's type holds no text
	}
	ctx := propagators.All().Continue(context.Background(), string(column), propagators.Trust{})
	fmt.Println(propagators.Current(ctx).SpanContext.SpanID())

	// Output:
	// fedcba9876543210
}

// The headers of a Kafka record: bytes, in a list in which a name may come twice.
func ExampleKeyValues() {
	headers := propagators.KeyValues{{Key: "tenant", Value: []byte("blue")}, {Key: "Traceparent", Value: []byte("of the message before")}}
	propagators.All().IDsOnly().Inject(received(), &headers)
	for _, h := range headers {
		fmt.Printf("%s: %s\n", h.Key, h.Value)
	}

	// Output:
	// tenant: blue
	// traceparent: 00-0123456789abcdef0123456789abcdef-fedcba9876543210-01
}

// The _meta object of an MCP request: values of any type beside those that are text.
func ExampleAny() {
	meta := propagators.Any{"progressToken": 7}
	propagators.All().IDsOnly().Inject(received(), meta)
	fmt.Println(meta["progressToken"], meta["traceparent"])

	// Output:
	// 7 00-0123456789abcdef0123456789abcdef-fedcba9876543210-01
}

// The environment of a process that is started.
func ExampleEnv() {
	env := propagators.Env{"HOME=/home/ada", "TRACEPARENT=of the process that started this one"}
	propagators.All().IDsOnly().Inject(received(), &env)
	for _, line := range env {
		fmt.Println(line)
	}

	// Output:
	// HOME=/home/ada
	// TRACEPARENT=00-0123456789abcdef0123456789abcdef-fedcba9876543210-01
}

// The extension attributes of a CloudEvent, and metadata of gRPC or headers of NATS.
func ExampleCloudEvent() {
	event, metadata := propagators.CloudEvent{}, propagators.Multi{}
	propagators.All().Inject(received(), event)
	propagators.All().Inject(received(), metadata)
	fmt.Println(event["xlaminarspancontext"] == metadata["x-laminar-span-context"][0])

	// Output:
	// true
}

// A proxy keeps the caller's traceparent under a name of its own.
func ExampleHeaderFormat() {
	kept := propagators.HeaderFormat("proxy", "x-original-traceparent",
		propagators.All().Parse,
		func(propagators.Carried) string { return "" }) // read, never written
	p := propagators.All().With(kept)

	ctx := p.Extract(context.Background(), propagators.Map{
		"X-Original-Traceparent": "00-0123456789abcdef0123456789abcdef-fedcba9876543210-01",
	})
	fmt.Println(propagators.Current(ctx).SpanContext.SpanID())

	// Output:
	// fedcba9876543210
}
