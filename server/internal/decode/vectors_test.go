package decode

import (
	stdcontext "context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/server/client"
)

// The vectors of the SDK's formats, pasted as headers: told is what the SDK does with the same headers.
func TestHeadersOfTheVectorsAreToldAsTheSDKReadsThem(t *testing.T) {
	for _, file := range []string{"b3", "jaeger", "composite"} {
		data, err := os.ReadFile("../../../propagators/testdata/formats/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var vectors struct {
			Cases []struct {
				Name    string
				Headers [][2]string
			}
		}
		if err := json.Unmarshal(data, &vectors); err != nil {
			t.Fatal(err)
		}
		if len(vectors.Cases) < 20 {
			t.Fatalf("%s: %d cases", file, len(vectors.Cases))
		}
		for _, tc := range vectors.Cases {
			t.Run(file+"/"+tc.Name, func(t *testing.T) {
				carrier := propagators.Multi{}
				var text strings.Builder
				for _, h := range tc.Headers {
					carrier[h[0]] = append(carrier[h[0]], h[1])
					text.WriteString("> " + h[0] + ": " + h[1] + "\n")
				}
				ctx := propagators.All().Extract(stdcontext.Background(), carrier)
				want, d := trace.SpanContextFromContext(ctx), Text(text.String())
				i := slices.IndexFunc(d.Contexts, func(c client.DecodedContext) bool { return c.Effect == effectContinue })
				switch {
				case (i >= 0) != want.IsValid():
					t.Errorf("%s\nthe SDK continues %v, told is %q", text.String(), want.IsValid(), tell(d))
				case i >= 0 && (d.Contexts[i].TraceID.Hex != want.TraceID().String() || d.Contexts[i].SpanID.Hex != want.SpanID().String()):
					t.Errorf("%s\nthe SDK continues %v, told is %q", text.String(), want, tell(d))
				}
				problems := 0
				for _, c := range d.Contexts {
					problems += len(c.Problems)
				}
				if refused := propagators.Refusals(ctx); len(refused) != problems {
					t.Errorf("%s\nthe SDK notes %v, told is %q", text.String(), refused, tell(d))
				}
			})
		}
	}
}

// The same for Laminar's contexts, good and bad, in a header and in a carrier map.
func TestLaminarsVectorsAreToldAsTheSDKReadsThem(t *testing.T) {
	data, err := os.ReadFile("../../../propagators/testdata/laminar/malformed.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name  string
		Input any
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 60 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, tc := range cases {
		input, ok := tc.Input.(string)
		if !ok || strings.TrimSpace(input) == "" || len(input) > MaxText/2 {
			continue
		}
		laminar := &propagators.Formats[slices.IndexFunc(propagators.Formats, func(f propagators.Format) bool { return f.Name == "laminar" })]
		want, refusal := laminar.Read(propagators.Map{"laminar-span-context": input})
		carrier, err := json.Marshal(map[string]string{"laminar-span-context": input})
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{"carrier": string(carrier)}
		if !strings.ContainsAny(input, "\r\n") {
			texts["header"] = "> laminar-span-context: " + input
		}
		for kind, text := range texts {
			d := Text(text)
			if len(d.Contexts) != 1 || d.Contexts[0].Format != "laminar" && refusal == nil {
				t.Errorf("%s as a %s: want one context: %q\n%.300s", tc.Name, kind, tell(d), text)
				continue
			}
			got := d.Contexts[0]
			if got.Valid != (refusal == nil) || got.Valid && got.SpanID.Hex != want.SpanContext.SpanID().String() || got.Valid && len(got.Problems) != min(maxProblems, len(want.Refused)) {
				t.Errorf("%s as a %s: the SDK says %v %v, told is %q\n%.300s", tc.Name, kind, want.SpanContext, refusal, tell(d), text)
			}
			if refusal != nil && refusal.Offset >= 0 && got.Problems[0].At == nil {
				t.Errorf("%s as a %s: the place of %v is not told\n%.300s", tc.Name, kind, refusal, text)
			}
		}
	}
}
