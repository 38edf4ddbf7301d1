package llmhttp

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/llm"
)

func TestEveryProviderReadsItsOwnExchanges(t *testing.T) {
	for i := range providers {
		p := &providers[i]
		t.Run(p.api, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata", p.api, "*", "request.http"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no exchanges in testdata/%s: %v", p.api, err)
			}
			for _, file := range files {
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
				if err != nil {
					t.Fatal(err)
				}
				if got := newConfig(nil).find(r); got != p {
					t.Errorf("%s is read by %+v", file, got)
				}
			}
		})
	}
}

func TestAHostTellsWhoseModelsItServes(t *testing.T) {
	tests := map[string]string{
		"api.openai.com":                          "openai",
		"API.OpenAI.com.":                         "openai",
		"eu.api.openai.com":                       "openai",
		"contoso.openai.azure.com":                "azure.ai.openai",
		"openai.azure.com":                        "openai",
		"api.groq.com":                            "groq",
		"api.deepseek.com":                        "deepseek",
		"api.mistral.ai":                          "mistral_ai",
		"api.x.ai":                                "x_ai",
		"openrouter.ai":                           "openrouter",
		"evil-openrouter.ai":                      "openai",
		"localhost":                               "openai",
		"localhost:11434":                         "ollama",
		"api.openai.com:443":                      "openai",
		"europe-west4-aiplatform.googleapis.com":  "gcp.vertex_ai",
		"bedrock-runtime.eu-west-1.amazonaws.com": "aws.bedrock",
		"vllm.eu-west-1.elb.amazonaws.com":        "openai",
		"":                                        "openai",
		"a/b":                                     "openai",
	}
	for host, want := range tests {
		if got := cmp.Or(newConfig(nil).knownProvider(&url.URL{Host: host}), openAIVendor); got != want {
			t.Errorf("%q is %q, want %q", host, got, want)
		}
	}
}

func TestEveryHostPatternIsWellFormed(t *testing.T) {
	for _, h := range hosts {
		if _, err := path.Match(h.pattern, ""); err != nil || h.pattern == "" || h.name == "" {
			t.Errorf("%q is %q: %v", h.pattern, h.name, err)
		}
	}
}

func TestEventsAreWhatTheSpecificationSays(t *testing.T) {
	tests := map[string]struct {
		body string
		want []string
	}{
		"nothing":                         {"", nil},
		"one event":                       {"data: a\n\n", []string{"a"}},
		"only the first space is dropped": {"data:  a\n\n", []string{" a"}},
		"no space":                        {"data:a\n\n", []string{"a"}},
		"lines are joined":                {"data: a\ndata: b\ndata:\ndata: c\n\n", []string{"a\nb\n\nc"}},
		"lines that end in CR LF":         {"data: a\r\n\r\ndata: b\r\n\r\n", []string{"a", "b"}},
		"lines that end in CR":            {"data: a\r\rdata: b\r\r", []string{"a", "b"}},
		"mixed ends":                      {"data: a\rdata: b\n\r\ndata: c\n\n", []string{"a\nb", "c"}},
		"comments and other fields":       {": hi\nevent: x\nid: 1\nretry: 5\ndata: a\ndatum: b\n\n", []string{"a"}},
		"a byte order mark":               {"\xef\xbb\xbfdata: a\n\n", []string{"a"}},
		"an event without data":           {"event: x\n\ndata: a\n\n", []string{"a"}},
		"empty data is an event":          {"data\n\ndata:\n\n", []string{"", ""}},
		"no blank line at the end":        {"data: a\n\ndata: b\n", []string{"a", "b"}},
		"no end of line at the end":       {"data: a\n\ndata: b", []string{"a", "b"}},
		"a lone CR at the end":            {"data: a\r", []string{"a"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for e := range sse.events([]byte(test.body)) {
				got = append(got, string(e.data))
			}
			if diff := gocmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestToolCallsAreToldApartHoweverTheyAreNumbered(t *testing.T) {
	call := func(id, name, args string) llm.ToolCall { return llm.ToolCall{ID: id, Name: name, Arguments: args} }
	tests := map[string]struct {
		fragments []string
		want      []llm.Part
	}{
		"by index": {
			[]string{
				`{"index":1,"id":"b","function":{"name":"g","arguments":""}}`,
				`{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}`,
				`{"index":1,"function":{"arguments":"[]"}}`, `{"index":0,"function":{"arguments":"}"}}`,
			},
			[]llm.Part{call("a", "f", "{}"), call("b", "g", "[]")},
		},
		"all with index 0": {
			[]string{
				`{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}`,
				`{"index":0,"id":"b","function":{"name":"f","arguments":"[]"}}`,
			},
			[]llm.Part{call("a", "f", "{}"), call("b", "f", "[]")},
		},
		"without index": {
			[]string{
				`{"id":"a","function":{"name":"f","arguments":"{"}}`, `{"function":{"arguments":"}"}}`,
				`{"id":"b","function":{"name":"g","arguments":"[]"}}`,
			},
			[]llm.Part{call("a", "f", "{}"), call("b", "g", "[]")},
		},
		"with id and name in every fragment": {
			[]string{
				`{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}`,
				`{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}`,
			},
			[]llm.Part{call("a", "f", "{}")},
		},
		"with an absurd index": {
			[]string{`{"index":9223372036854775807,"id":"a","function":{"name":"f"}}`, `{"index":-5,"id":"b"}`},
			[]llm.Part{call("b", "", ""), call("a", "f", "")},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var body []byte
			for _, f := range test.fragments {
				body = fmt.Appendf(body, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[%s]}}]}\n\n", f)
			}
			c, _ := drafted(&openAIChat, body, sse, &template{shape: chatShape})
			if diff := gocmp.Diff([]llm.Message{{Role: "assistant", Parts: test.want}}, c.Output); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNumbersThatAreNoneStayUnknown(t *testing.T) {
	var c llm.Call
	chatResponse(&c, []byte(`{"choices":7,"usage":{"prompt_tokens":"12","completion_tokens":-1,"prompt_tokens_details":null}}`))
	chatRequest(&c, &url.URL{}, []byte(`{"max_tokens":12.0,"temperature":"hot","seed":1.5,"n":1e99,"stream":"yes"}`))
	if diff := gocmp.Diff(llm.Call{Params: llm.Params{MaxTokens: new(int64(12))}}, c); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsAreReadInTheShapesInUse(t *testing.T) {
	tests := map[string]struct {
		body string
		want *apiError
	}{
		"OpenAI's":          {`{"error":{"message":"m","type":"t","code":"c"}}`, &apiError{"c", "m"}},
		"without a code":    {`{"error":{"message":"m","type":"t","code":null}}`, &apiError{"t", "m"}},
		"a number as code":  {`{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}`, &apiError{"INVALID_ARGUMENT", "m"}},
		"in a list":         {`[{"error":{"message":"m"}}]`, &apiError{"", "m"}},
		"text":              {`{"error":"m"}`, &apiError{"", "m"}},
		"without a level":   {`{"object":"error","message":"m","type":"t"}`, &apiError{"t", "m"}},
		"FastAPI's":         {`{"detail":"m"}`, &apiError{"", "m"}},
		"details":           {`{"detail":[{"msg":"m"}]}`, &apiError{"", `[{"msg":"m"}]`}},
		"one within others": {`{"error":{"error":{"error":{"error":{"error":{"error":"m"}}}}}}`, &apiError{"", `{"error":"m"}`}},
		"a JSON string":     {`"m"`, &apiError{"", "m"}},
		"empty":             {``, nil},
		"a page":            {`<html>`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := gocmp.Diff(test.want, errorOf([]byte(test.body)), gocmp.AllowUnexported(apiError{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
