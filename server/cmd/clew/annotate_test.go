package main

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	sdk "github.com/clewhq/clew"
	"github.com/clewhq/clew/server/client"
)

func TestAnAnnotationReachesASpanThatHasEnded(t *testing.T) {
	s := startServer(t, t.TempDir())
	shutdown, err := sdk.Setup(t.Context(), sdk.Endpoint(s.url))
	if err != nil {
		t.Fatal(err)
	}
	_, span := sdk.Start(t.Context(), "answer", sdk.Tags("first"))
	span.End()
	if err := sdk.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = span.Annotate(t.Context(), sdk.Annotation{
		Tags: []string{"reviewed"}, Metadata: []attribute.KeyValue{attribute.String("ticket", "7")},
		Scores: []sdk.Score{{Name: "helpful", Value: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := client.Client{URL: s.url}
	sc := span.OTel().SpanContext()
	got, err := c.Span(t.Context(), sc.TraceID().String(), sc.SpanID().String(), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Tags, []string{"first", "reviewed"}) || got.Metadata["ticket"] != "7" || len(got.Events) != 2 {
		t.Errorf("tags %q, metadata %v, events %v", got.Tags, got.Metadata, got.Events)
	}
}
