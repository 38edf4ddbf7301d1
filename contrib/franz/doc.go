// Package clewfranz connects traces over Kafka with github.com/twmb/franz-go.
//
//	client, err := kgo.NewClient(kgo.WithHooks(clewfranz.Producer()))
//	client.Produce(ctx, &kgo.Record{Topic: "orders", Value: order}, nil)
//
//	client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
//		err := clewfranz.Process(ctx, r, func(ctx context.Context) error { return handle(ctx, r.Value) })
//	})
//
// [Producer] makes a span of every record from Produce to the broker's answer and writes its context into the record's
// headers. [Process] and [ProcessBatch] make a span of the work on what was received.
//
// # Parent or link
//
// One record: the work is a child of the span that produced it, so a trace goes on through the topic, and has a link to
// it as OpenTelemetry's conventions want. If another span is current, a second link names that one. Several records: the
// work stays where it is and links to all of them. [Linked] makes one record behave like several.
//
// # Who learns what
//
// A broker is taken for a system of your own: session, user and metadata travel with the records. [IDsOnly] keeps them
// back, for topics that strangers read. For topics that strangers write there is Extraction(clew.IDsOnly).
//
// # Records that are sent on
//
// A record that is produced again, as a retry or to another topic, has its context replaced, not a second one added.
// While a record is processed, and afterwards, its Context has the span of that work, so sending it on continues the
// trace.
//
// Kafka gives messages no id, so messaging.message.id is topic, partition and offset. Both sides know it even when the
// headers got lost.
package clewfranz
