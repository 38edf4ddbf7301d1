package jsonfit_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/internal/jsonfit"
)

// upper is a type that reads itself.
type upper struct{ said string }

func (u *upper) UnmarshalJSON(b []byte) error {
	u.said += strings.ToUpper(string(b))
	return nil
}

type head struct {
	ID    string `json:"id"`
	Inner *head  `json:"error"`
}

type everything struct {
	head
	Text    string                     `json:"text"`
	Content *string                    `json:"content"`
	Number  int64                      `json:"index"`
	Yes     bool                       `json:"stream,omitempty"`
	Raw     json.RawMessage            `json:"raw"`
	Raws    []json.RawMessage          `json:"output"`
	Texts   []string                   `json:"choices"`
	Lists   [][]string                 `json:"lists"`
	Members map[string]json.RawMessage `json:"message"`
	Self    upper                      `json:"usage"`
	Selves  []upper                    `json:"selves"`
	One     *everything                `json:"delta"`
	More    []everything               `json:"items"`
	Here    struct {
		Role string `json:"role"`
	} `json:"here"`
	Untagged int
	Left     string `json:"-"`
}

var seeds = []string{
	`{"id":"a","text":"b","content":"c","index":-7,"stream":true,"raw":{"x": [1]},"output":[1, "a",null],"choices":["a","b"]}`,
	`{"ID":"a","TEXT":"b","Content":null,"index":"7","stream":1,"raw":null,"output":{},"choices":[1,"b",null],"untagged":3}`,
	`{"items":[{"text":"a","choices":["x","y"]},{"text":"b"}],"items":[{"id":"c","choices":["z"]}],"items":[{},{},{}]}`,
	`{"delta":{"delta":{"text":"a"}},"delta":{"delta":{"id":"b"}},"error":{"id":"x","error":{"id":"y"}},"delta":null}`,
	`{"message":{"a":1,"a":[2],"\u0062":null},"message":{"c":{}},"usage":null,"selves":[1,{"a":"b"}],"here":{"role":"r"}}`,
	`{"text":"\u00e9\ud83d\ude00\ud83d \"\\\/\b\f\n\r\t` + "\xff\xfeé" + `","te\u0078t":"","tex\u212a":"","delta":{"text":7},"index":1e3}`,
	`{"index":9223372036854775808}`, `{"index":1.0}`, `{"lists":[["a"],[],null,["b","c"]],"lists":[["d"]]}`, `{"choices":[]}`, `{"choices":null}`,
	` [ 1 , 2 ] `, `"a"`, `null`, `7`, `-0.5e+10`, `01`, `1.`, `.5`, `1e`, `-`, `+1`, `tru`, `truex`, `nul`, `"`, `"\x"`, `"\u12g4"`, "\"\n\"", `{`, `{"a"`, `{"a":`,
	`{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `{1:2}`, `[1 2]`, `{"a" 1}`, `[]]`, `{}{}`, ``, ` `, `[`, `[1`, "[\x00]", `{"a":1e+5,"b":[true,false,null]}`,
	"\xef\xbb\xbf{}", `["` + strings.Repeat("a", 20) + "\x7f\x80" + `"]`,
}

// FuzzUnmarshal holds all that is read against what encoding/json reads.
func FuzzUnmarshal(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	files, err := filepath.Glob("../../llmhttp/testdata/*/*/*.http")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if _, body, _ := strings.Cut(string(b), "\n\n"); json.Valid([]byte(body)) && len(body) < 2000 {
			f.Add([]byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { same(t, data) })
}

func same(t *testing.T, data []byte) {
	t.Helper()
	if got, want := jsonfit.Valid(data), json.Valid(data); got != want {
		t.Fatalf("%q is valid: %v, want %v", data, got, want)
	}
	for _, of := range []any{
		everything{}, []everything{}, "", new(string), []string{}, []json.RawMessage{}, map[string]json.RawMessage{}, json.RawMessage{},
		int64(0), false, upper{}, new(upper),
	} {
		want, got := reflect.New(reflect.TypeOf(of)), reflect.New(reflect.TypeOf(of))
		slow, fast := json.Unmarshal(data, want.Interface()), jsonfit.Unmarshal(data, got.Interface())
		var syntax *json.SyntaxError
		var mismatch *json.UnmarshalTypeError
		if errors.As(slow, &syntax) != (fast == jsonfit.ErrSyntax) || errors.As(slow, &mismatch) != (fast == jsonfit.ErrType) ||
			(slow == nil) != (fast == nil) {
			t.Errorf("%T of %q: %v, want %v", of, data, fast, slow)
		}
		if diff := cmp.Diff(want.Interface(), got.Interface(), cmp.AllowUnexported(everything{}, head{}, upper{})); diff != "" {
			t.Errorf("%T of %q is read otherwise than by encoding/json (-want +got):\n%s", of, data, diff)
		}
	}
}

func TestNestingHasALimit(t *testing.T) {
	for _, depth := range []int{9998, 9999, 10000, 10001} {
		same(t, []byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)))
		same(t, []byte(`{"raw":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+"}"))
	}
}

func TestATypeThatIsNotKnownPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a channel was read")
		}
	}()
	_ = jsonfit.Unmarshal([]byte("1"), new(chan int))
}

func BenchmarkUnmarshal(b *testing.B) {
	data := []byte(`{"delta":{"items":[{"raw":{"text":"` + strings.Repeat(" token", 400) + `"}}]}}`)
	for name, unmarshal := range map[string]func([]byte, any) error{"jsonfit": jsonfit.Unmarshal, "encoding-json": json.Unmarshal} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var outer, inner everything
				_ = unmarshal(data, &outer)
				_ = unmarshal(outer.One.More[0].Raw, &inner)
			}
		})
	}
}
