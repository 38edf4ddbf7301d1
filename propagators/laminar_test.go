package propagators_test

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

const (
	traceHex  = "0123456789abcdef0123456789abcdef"
	spanHex   = "fedcba9876543210"
	traceUUID = "01234567-89ab-cdef-0123-456789abcdef"
	spanUUID  = "00000000-0000-0000-fedc-ba9876543210"
	minimal   = `{"traceId":"` + traceUUID + `","spanId":"` + spanUUID + `"}`
)

func spanContext(t testing.TB) trace.SpanContext {
	t.Helper()
	traceID, err := trace.TraceIDFromHex(traceHex)
	if err != nil {
		t.Fatal(err)
	}
	spanID, err := trace.SpanIDFromHex(spanHex)
	if err != nil {
		t.Fatal(err)
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled})
}

func TestLaminarFormsOfTheSameIDs(t *testing.T) {
	quoted, err := json.Marshal(minimal)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := json.Marshal(string(quoted))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"camelCase":                          minimal,
		"snake_case":                         `{"trace_id":"` + traceUUID + `","span_id":"` + spanUUID + `"}`,
		"one of each":                        `{"trace_id":"` + traceUUID + `","spanId":"` + spanUUID + `"}`,
		"a bad camelCase beside a good one":  `{"traceId":"x","trace_id":"` + traceUUID + `","spanId":"` + spanUUID + `"}`,
		"a null camelCase beside a good one": `{"traceId":null,"trace_id":"` + traceUUID + `","spanId":"` + spanUUID + `"}`,
		"the last of two equal keys":         `{"traceId":"x","traceId":"` + traceUUID + `","spanId":"` + spanUUID + `"}`,
		"keys with escapes":                  `{"trace\u0049d":"` + traceUUID + `","spanId":"` + spanUUID + `"}`,
		"urn":                                `{"traceId":"urn:uuid:` + traceUUID + `","spanId":"URN:UUID:` + spanUUID + `"}`,
		"upper half of the span id":          `{"traceId":"` + traceUUID + `","spanId":"aaaaaaaa-bbbb-cccc-fedc-ba9876543210"}`,
		"undashed and upper case":            `{"traceId":"` + strings.ToUpper(traceHex) + `","spanId":"` + strings.ToUpper(spanHex) + `"}`,
		"white space around and inside":      " \n" + strings.ReplaceAll(strings.ReplaceAll(minimal, ":", " :\t"), ",", " ,\r\n") + "\t",
		"unknown fields of every kind":       `{"x":[{"a":[1,-2.5e+3,null,true,{}],"b":"\"\\"}],"traceId":"` + traceUUID + `","y":{},"spanId":"` + spanUUID + `","z":[]}`,
		"a JSON string":                      string(quoted),
		"a JSON string in a JSON string":     string(twice),
		"encodeURIComponent":                 url.QueryEscape(minimal),
		"encodeURI":                          strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D").Replace(minimal),
		"base64":                             base64.StdEncoding.EncodeToString([]byte(minimal)),
		"base64 for URLs, unpadded":          base64.RawURLEncoding.EncodeToString([]byte(minimal)),
		"base64 of a JSON string":            base64.StdEncoding.EncodeToString(quoted),
		"base64 in a URL":                    "%22" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(minimal))) + "%22",
		"traceparent":                        "00-" + traceHex + "-" + spanHex + "-01",
	} {
		t.Run(name, func(t *testing.T) {
			got, refusal := propagators.All().Parse(text)
			if refusal != nil {
				t.Fatal(refusal)
			}
			if want := spanContext(t).WithRemote(true); !got.SpanContext.Equal(want) {
				t.Errorf("got %+v, want %+v", got.SpanContext, want)
			}
			if len(got.Refused) > 0 {
				t.Errorf("left out %v", got.Refused)
			}
		})
	}
}

func TestLaminarRefusalsNameThePlace(t *testing.T) {
	with := func(rest string) string { return strings.TrimSuffix(minimal, "}") + rest }
	for name, tc := range map[string]struct {
		text, reason string
		offset       int
	}{
		"empty":                    {"", "empty", 0},
		"prose":                    {"hello", "looks like none of the known formats", -1},
		"ids missing":              {`{}`, "traceId is missing", -1},
		"trace id no UUID":         {`{"traceId":"x"}`, "traceId is not a UUID", 11},
		"trace id zero":            {`{"traceId":"00000000-0000-0000-0000-000000000000","spanId":"` + spanUUID + `"}`, "traceId is zero", 11},
		"span id zero":             {`{"spanId":"0000000000000000","traceId":"` + traceUUID + `"}`, "spanId is zero", 10},
		"span id with upper half":  {`{"spanId":"aaaaaaaa-0000-0000-0000-000000000000","traceId":"` + traceUUID + `"}`, "spanId is zero", 10},
		"span id a number":         {`{"traceId":"` + traceUUID + `","spanId":7}`, "spanId is not a string", 59},
		"truncated":                {minimal[:len(minimal)-1], "not JSON: an object is not closed", len(minimal) - 1},
		"trailing text":            {minimal + "x", "text after the JSON object", len(minimal)},
		"control character":        {with(`,"x":"` + "\n" + `"}`), "not JSON: a control character in a string", len(minimal) - 1 + 6},
		"bad escape":               {with(`,"x":"\q"}`), "not JSON: an unknown escape", len(minimal) - 1 + 7},
		"bad number":               {with(`,"x":01}`), "not JSON: an object is not closed", len(minimal) - 1 + 6},
		"single quotes":            {`{'traceId':1}`, "not JSON: a string is missing", 1},
		"wrapped too often":        {"%" + strings.Repeat("25", 9) + "22", "encoded more than 4 times over", -1},
		"nested too deep":          {with(`,"x":` + strings.Repeat("[", 1001)), "nested too deep", len(minimal) - 1 + 5 + 1000},
		"longer than the limit":    {with(strings.Repeat(" ", propagators.MaxText) + "}"), "longer than 262144 bytes", propagators.MaxText},
		"trailing comma":           {with(`,}`), "not JSON: a string is missing", len(minimal)},
		"trailing comma in array":  {with(`,"x":[1,]}`), "not JSON: a value is missing", len(minimal) - 1 + 8},
		"bracket closed by brace":  {with(`,"x":[1}}`), "not JSON: an array or object is not closed", len(minimal) - 1 + 7},
		"a JSON array":             {`"[]"`, "not a JSON object, nor one that is URL- or base64-encoded", 0},
		"space after the trace id": {`{"traceId":"` + traceUUID + ` ","spanId":"` + spanUUID + `"}`, "traceId is not a UUID", 11},
	} {
		t.Run(name, func(t *testing.T) {
			got, refusal := propagators.All().Parse(tc.text)
			if refusal == nil {
				t.Fatalf("continued as %+v", got)
			}
			if refusal.Detail != tc.reason || refusal.Offset != tc.offset {
				t.Errorf("got %q at %d, want %q at %d", refusal.Detail, refusal.Offset, tc.reason, tc.offset)
			}
		})
	}
}

func TestABadOptionalFieldIsLeftOutAlone(t *testing.T) {
	const path = `["a","b"]`
	ids := `["00000000-0000-0000-0000-000000000001","` + spanUUID + `"]`
	long := strings.Repeat("x", 9000)
	for name, tc := range map[string]struct {
		json  string // the field and its bad value
		field string
	}{
		"path a string":             {`"spanPath":"a.b"`, "spanPath"},
		"path with a number":        {`"spanPath":["a",1]`, "spanPath"},
		"path with a long name":     {`"spanPath":["` + long + `"]`, "spanPath"},
		"ids path with prose":       {`"spanIdsPath":["x"]`, "spanIdsPath"},
		"ids path to another span":  {`"spanIdsPath":["00000000-0000-0000-0000-000000000001"]`, "spanIdsPath"},
		"user a number":             {`"userId":7`, "userId"},
		"user too long":             {`"userId":"` + long + `"`, "userId"},
		"user not UTF-8":            {`"userId":"` + "\xff" + `"`, "userId"},
		"session an array":          {`"sessionId":["s"]`, "sessionId"},
		"metadata a string":         {`"metadata":"m"`, "metadata"},
		"metadata value too long":   {`"metadata":{"big":"` + long + `"}`, "metadata.big"},
		"metadata key empty":        {`"metadata":{"":1}`, "metadata."},
		"trace type unknown":        {`"traceType":"OTHER"`, "traceType"},
		"tracing level unknown":     {`"tracingLevel":"none"`, "tracingLevel"},
		"flags that do not fit":     {`"traceFlags":256`, "traceFlags"},
		"flags that are no integer": {`"traceFlags":"01"`, "traceFlags"},
	} {
		t.Run(name, func(t *testing.T) {
			good := map[string]string{
				"spanPath": path, "spanIdsPath": ids, "userId": `"u"`, "sessionId": `"s"`,
				"metadata": `{"k":"v"}`, "traceType": `"EVALUATION"`, "tracingLevel": `"all"`,
			}
			top, _, _ := strings.Cut(tc.field, ".")
			delete(good, top)
			text := strings.TrimSuffix(minimal, "}") + "," + tc.json
			for key, value := range good {
				text += `,"` + key + `":` + value
			}
			got, refusal := propagators.All().Parse(text + "}")
			if refusal != nil {
				t.Fatal(refusal)
			}
			if len(got.Refused) != 1 || got.Refused[0].Field != tc.field || got.Refused[0].Offset < len(minimal) {
				t.Errorf("left out %v, want %s alone", got.Refused, tc.field)
			}
			m := meaningOf(got)
			want := meaning{
				TraceID: traceHex, SpanID: spanHex, Path: []string{"a", "b"},
				IDsPath: []string{"00000000-0000-0000-0000-000000000001", spanUUID}, User: "u", Session: "s",
				Metadata: map[string]any{"k": "v"}, TraceType: "EVALUATION", TraceLevel: "all",
			}
			switch top {
			case "spanPath":
				want.Path = nil
			case "spanIdsPath":
				want.IDsPath = nil
			case "userId":
				want.User = ""
			case "sessionId":
				want.Session = ""
			case "metadata":
				want.Metadata = map[string]any{}
			case "traceType":
				want.TraceType = ""
			case "tracingLevel":
				want.TraceLevel = ""
			}
			equal(t, m, want)
		})
	}
}

func TestMetadataKeepsWhatFits(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		b.WriteString(`,"k` + strings.Repeat("x", i) + `":"` + strings.Repeat("v", 700) + `"`)
	}
	got, refusal := propagators.All().Parse(strings.TrimSuffix(minimal, "}") + `,"metadata":{"first":1` + b.String() + `}}`)
	if refusal != nil {
		t.Fatal(refusal)
	}
	if n := len(got.Metadata); n < 40 || n > propagators.MaxMetadataKeys {
		t.Errorf("%d keys kept", n)
	}
	if n := len(got.Refused); n == 0 || n > propagators.MaxMetadataKeys {
		t.Errorf("%d refusals", n)
	}
}

func TestWritingIsCanonical(t *testing.T) {
	c := propagators.Carried{
		SpanContext: spanContext(t),
		Path:        []string{"root", "агент \"x\"\n", "🤖"},
		IDsPath:     []string{"00000000-0000-0000-0000-000000000001", spanUUID},
		User:        "ユーザー", Session: "s\t1", TraceType: "EVALUATION", TracingLevel: "meta_only",
		Metadata: []attribute.KeyValue{
			attribute.String("number as text", "5"), attribute.Int("int", 5), attribute.Float64("float", 5),
			attribute.Bool("bool", true), attribute.StringSlice("texts", []string{"a", "é"}), attribute.Int64Slice("ints", []int64{1, 2}),
			attribute.String("nested", `{"a":[1,"é"]}`), attribute.String("brace", "{not json"),
			attribute.Float64("nan", math.NaN()), attribute.String("bad", "a\xffb"),
		},
	}
	got := propagators.WriteLaminar(c)
	want := `{"spanId":"` + spanUUID + `","traceId":"` + traceUUID + `","isRemote":false,` +
		`"spanPath":["root","\u0430\u0433\u0435\u043d\u0442 \"x\"\u000a","\ud83e\udd16"],` +
		`"spanIdsPath":["00000000-0000-0000-0000-000000000001","` + spanUUID + `"],` +
		`"userId":"\u30e6\u30fc\u30b6\u30fc","sessionId":"s\u00091",` +
		`"metadata":{"number as text":"5","int":5,"float":5.0,"bool":true,"texts":["a","\u00e9"],"ints":[1,2],` +
		`"nested":{"a":[1,"\u00e9"]},"brace":"{not json","bad":"a\ufffdb"},` +
		`"traceType":"EVALUATION","tracingLevel":"meta_only"}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if propagators.WriteLaminar(propagators.Carried{}) != "" {
		t.Error("something was written without ids")
	}
}

func TestAnUnsampledContextStaysUnsampled(t *testing.T) {
	text := propagators.WriteLaminar(propagators.Carried{SpanContext: spanContext(t).WithTraceFlags(trace.FlagsRandom)})
	if !strings.HasSuffix(text, `"traceFlags":2}`) {
		t.Errorf("wrote %s", text)
	}
	got, refusal := propagators.All().Parse(text)
	if refusal != nil || got.SpanContext.TraceFlags() != trace.FlagsRandom {
		t.Errorf("flags %v, %v", got.SpanContext.TraceFlags(), refusal)
	}
}

func TestWritingIsShortEnoughForAHeader(t *testing.T) {
	c := propagators.Carried{SpanContext: spanContext(t), User: strings.Repeat("u", 2000), Session: "s"}
	for range 256 {
		c.Path = append(c.Path, strings.Repeat("長", 400))
		c.IDsPath = append(c.IDsPath, spanUUID)
	}
	for i := range 500 {
		c.Metadata = append(c.Metadata, attribute.String("key"+strings.Repeat("k", i%300), strings.Repeat("v", i*7)))
	}
	text := propagators.WriteLaminar(c)
	if len(text) > 8192 {
		t.Errorf("%d bytes", len(text))
	}
	got, refusal := propagators.All().Parse(text)
	if refusal != nil || len(got.Refused) > 0 {
		t.Fatal(refusal, got.Refused)
	}
	if got.User != "" || got.Session != "s" || len(got.Path) < 2 || len(got.Metadata) == 0 {
		t.Errorf("kept user %q, session %q, %d names, %d metadata", got.User, got.Session, len(got.Path), len(got.Metadata))
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		minimal, `"` + strings.ReplaceAll(minimal, `"`, `\"`) + `"`, url.QueryEscape(minimal),
		base64.StdEncoding.EncodeToString([]byte(minimal)), "00-" + traceHex + "-" + spanHex + "-01",
		`{"traceId":"` + traceUUID + `","spanId":"` + spanUUID + `","metadata":{"a":[1,2.5,"x",null],"b":{"c":"\ud83e\udd16"}},"spanPath":["a"]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, refusal := propagators.All().Parse(text)
		if (refusal == nil) != got.Valid() {
			t.Fatalf("%+v with refusal %v", got, refusal)
		}
		if refusal != nil {
			if refusal.Reason == "" {
				t.Error("a refusal without reason")
			}
			return
		}
		written := propagators.WriteLaminar(got)
		for _, r := range written {
			if r >= unicode.MaxASCII || r < 0x20 {
				t.Fatalf("%q is not safe in a header", written)
			}
		}
		again, refusal := propagators.All().Parse(written)
		if refusal != nil {
			t.Fatalf("%s: %v", written, refusal)
		}
		if again.SpanContext.SpanID() != got.SpanContext.SpanID() || again.SpanContext.TraceID() != got.SpanContext.TraceID() {
			t.Errorf("ids changed: %+v, %+v", got.SpanContext, again.SpanContext)
		}
		if again.Session != got.Session || again.User != got.User {
			t.Errorf("session or user changed: %+v, %+v", got, again)
		}
		if twice := propagators.WriteLaminar(again); twice != written {
			t.Errorf("not stable:\n%s\n%s", written, twice)
		}
	})
}

// The reader and the writer look at eight bytes at a time, so that a byte counts wherever it stands.
func TestEveryByteIsReadAndWrittenAsJSONSays(t *testing.T) {
	for c := range 256 {
		for at := range 17 {
			for _, rest := range []int{0, 1, 9} {
				user := strings.Repeat("u", at) + string(rune(c)) + strings.Repeat("u", rest)
				quoted, err := json.Marshal(user)
				if err != nil {
					t.Fatal(err)
				}
				written := propagators.WriteLaminar(propagators.Carried{SpanContext: spanContext(t), User: user})
				for _, text := range []string{written, strings.TrimSuffix(minimal, "}") + `,"userId":` + string(quoted) + "}"} {
					if got, refusal := propagators.All().Parse(text); refusal != nil || got.User != user {
						t.Fatalf("%q was read as %q, %v", text, got.User, refusal)
					}
				}
			}
			raw := strings.TrimSuffix(minimal, "}") + `,"userId":"` + strings.Repeat("u", at) + string([]byte{byte(c)}) + `"}`
			got, refusal := propagators.All().Parse(raw)
			if valid := json.Valid([]byte(raw)); valid != (refusal == nil) {
				t.Fatalf("%q: refusal %v, valid for encoding/json: %v", raw, refusal, valid)
			}
			if c >= 0x80 && (got.User != "" || len(got.Refused) != 1) {
				t.Fatalf("%q, which is not UTF-8, was read as %q", raw, got.User)
			}
		}
	}
}
