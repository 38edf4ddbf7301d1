package clew_test

import (
	"context"
	"strings"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/redact"
)

func ExampleRedact() {
	done := recording(clew.Redact(redact.Common()...), clew.Redact(redact.Keys("diagnosis")), clew.Redact(redact.Redactor{
		Text: func(text string) string { return strings.ReplaceAll(text, "Project Ariadne", "[project]") },
	}))

	note := map[string]any{"from": "Ann <ann@example.com>", "diagnosis": "flu", "card": "4242 4242 4242 4242"}
	_, _ = clew.Observe(context.Background(), "triage", func(context.Context) (string, error) {
		return "Authorization: Bearer sk-0123456789abcdef for Project Ariadne", nil
	}, clew.Input(note))

	done()
	// Output:
	// triage in={"card":"[card]","diagnosis":"[redacted]","from":"Ann <[email]>"} out=Authorization: Bearer [redacted] for [project]
}

func ExampleCaptureUpTo() {
	done := recording(clew.CaptureUpTo(24))
	ctx := context.Background()

	long := map[string]any{"title": "Theseus", "text": "Once upon a time there was a labyrinth."}
	clew.StartDetached(ctx, "cut", clew.Input(long)).End()
	clew.StartDetached(ctx, "whole", clew.Input("Once upon a time there was a labyrinth."), clew.CaptureFull).End()
	clew.StartDetached(ctx, "none", clew.Input("a secret"), clew.CaptureNone).End()

	done()
	// Output:
	// cut in={"text":"Once upon ...[truncated]","title":"Theseus"}
	// whole in=Once upon a time there was a labyrinth.
	// none
}

// Of an image or a file type, size and hash are recorded, or all of it in base64.
func ExampleKeepBinary() {
	ctx, image := context.Background(), []byte("\x89PNG\r\n\x1a\n")

	done := recording()
	clew.StartDetached(ctx, "draw", clew.Output(image)).End()
	done()
	done = recording(clew.KeepBinary())
	clew.StartDetached(ctx, "draw", clew.Output(image)).End()
	done()

	// Output:
	// draw out=[image/png, 8 bytes, sha256:4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6]
	// draw out="iVBORw0KGgo="
}
