package clew_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

func TestASpanWithTextThatIsNotUTF8IsSentAndTakesNoOthersAlong(t *testing.T) {
	const bad = "bad\xffbyte"
	for name, span := range map[string]func(ctx context.Context){
		"name":      func(ctx context.Context) { clew.StartDetached(ctx, bad).End() },
		"input":     func(ctx context.Context) { clew.StartDetached(ctx, "s", clew.Input(bad)).End() },
		"tag":       func(ctx context.Context) { clew.StartDetached(ctx, "s", clew.Tags("ok", bad)).End() },
		"attribute": func(ctx context.Context) { clew.StartDetached(ctx, "s", clew.Attr(attribute.String("k", bad))).End() },
		"key":       func(ctx context.Context) { clew.StartDetached(ctx, "s", clew.Attr(attribute.String(bad, "v"))).End() },
		"session":   func(ctx context.Context) { clew.StartDetached(clew.WithSession(ctx, bad), "s").End() },
		"error": func(ctx context.Context) {
			_ = clew.Run(ctx, "s", func(context.Context) error { return errors.New(bad) })
		},
		"event": func(ctx context.Context) {
			s := clew.StartDetached(ctx, "s")
			s.AddEvent(bad)
			s.AddEvent("e", attribute.String("k", bad))
			s.End()
		},
		"link": func(ctx context.Context) {
			other := clew.StartDetached(ctx, "other")
			link := trace.Link{SpanContext: other.OTel().SpanContext(), Attributes: []attribute.KeyValue{attribute.String("k", bad)}}
			clew.StartDetached(ctx, "s", clew.Links(link)).End()
		},
		"values within values": func(ctx context.Context) {
			v := attribute.MapValue(attribute.KeyValue{Key: "k", Value: attribute.SliceValue(attribute.StringValue(bad))})
			clew.StartDetached(ctx, "s", clew.Attr(attribute.KeyValue{Key: "k", Value: v})).End()
		},
		"foreign span": func(ctx context.Context) {
			_, s := otel.Tracer(bad).Start(ctx, bad)
			s.End()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := collect(t)
			shutdown, err := clew.Setup(t.Context(), clew.Endpoint(c.URL), clew.ServiceName("service\xff"), clew.Logger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			clew.StartDetached(t.Context(), "neighbour").End()
			span(t.Context())
			if err := shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			_, _, body := c.got()
			for _, want := range []string{"service\ufffd", "neighbour", "bad\ufffdbyte"} {
				if !bytes.Contains(body, []byte(want)) {
					t.Errorf("%q was not sent", want)
				}
			}
		})
	}
}
