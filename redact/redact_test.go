package redact_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clewhq/clew/redact"
)

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"

func TestSecretsAreTakenOutAndNothingElse(t *testing.T) {
	for name, tc := range map[string]struct {
		redactor redact.Redactor
		text     string
		want     string
	}{
		"an address":                   {redact.Emails(), "write to ann.b+c@mail.example.com.", "write to [email]."},
		"addresses":                    {redact.Emails(), "<a@b.de>,c@d.org", "<[email]>,[email]"},
		"an address in a URL":          {redact.Emails(), "?u=ann%40example.com&x=1", "?u=[email]&x=1"},
		"an address in umlauts":        {redact.Emails(), "jörg@bücher.example", "[email]"},
		"no address":                   {redact.Emails(), "@ann @b.c a@b a@1.2 x@.de a@b.c", "@ann @b.c a@b a@1.2 x@.de a@b.c"},
		"a card":                       {redact.Cards(), "4242424242424242", "[card]"},
		"a card in groups":             {redact.Cards(), "pay with 4242 4242 4242 4242 12/27", "pay with [card] 12/27"},
		"a card with hyphens":          {redact.Cards(), "5555-5555-5555-4444!", "[card]!"},
		"American Express":             {redact.Cards(), "3782 822463 10005", "[card]"},
		"19 digits":                    {redact.Cards(), "6304000000000000000", "[card]"},
		"a card after a number":        {redact.Cards(), "7 4242424242424242", "7 [card]"},
		"two cards":                    {redact.Cards(), "4242424242424242 5555555555554444", "[card] [card]"},
		"a wrong check digit":          {redact.Cards(), "4242424242424243", "4242424242424243"},
		"zeroes":                       {redact.Cards(), "0000000000000000", "0000000000000000"},
		"an id":                        {redact.Cards(), "4242424242424242a b4242424242424242 x_4242424242424242", "4242424242424242a b4242424242424242 x_4242424242424242"},
		"a time":                       {redact.Cards(), "1763712000000000000", "1763712000000000000"},
		"a bearer token":               {redact.Tokens(), "Authorization: bearer abc.DEF-123=", "Authorization: bearer [redacted]"},
		"a basic password":             {redact.Tokens(), "Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted]"},
		"a JSON Web Token":             {redact.Tokens(), "got " + jwt + ", thanks", "got [redacted], thanks"},
		"keys of services":             {redact.Tokens(), "sk-proj-0123456789abcdef AKIAIOSFODNN7EXAMPLE", "[redacted] [redacted]"},
		"no tokens":                    {redact.Tokens(), "the bearer of news, basic needs, task-1, risk-averse-but-not-that-long", "the bearer of news, basic needs, task-1, risk-averse-but-not-that-long"},
		"a field":                      {redact.Keys(), `{"user":"ann","Pass-Word":"x\"y","n":1}`, `{"user":"ann","Pass-Word":"[redacted]","n":1}`},
		"fields that are no text":      {redact.Keys(), `{"pin": 1234 ,"credentials":{"a":["b"]},"token":null}`, `{"pin": "[redacted]" ,"credentials":"[redacted]","token":"[redacted]"}`},
		"a field in JSON in a string":  {redact.Keys(), `[{"arguments":"{\"api_key\":\"k\"}"}]`, `[{"arguments":"{\"api_key\":\"[redacted]\"}"}]`},
		"a field of JSON cut off":      {redact.Keys(), `{"a":1,"password":"hunt`, `{"a":1,"password":"[redacted]"`},
		"a field with text cut off":    {redact.Emails(), `{"a":"x ann@example.com y`, `{"a":"x [email] y"`},
		"a name that is a secret":      {redact.Emails(), `{"ann@example.com":{"n":1}}`, `{"[email]":{"n":1}}`},
		"a number that is a secret":    {redact.Cards(), `{"n":4242424242424242}`, `{"n":"[card]"}`},
		"untouched bytes stay":         {redact.Keys(), `{ "a" : 1.50e2, "b":"\u00e9" }`, `{ "a" : 1.50e2, "b":"\u00e9" }`},
		"an assignment":                {redact.Keys(), "https://x.test/?api_key=abc&q=1#token=t", "https://x.test/?api_key=[redacted]&q=1#token=[redacted]"},
		"names of one's own":           {redact.Keys("diagnosis"), `{"diagnosis":"flu","password":"x"}`, `{"diagnosis":"[redacted]","password":"x"}`},
		"a hook that panics":           {redact.Redactor{Text: func(string) string { panic("boom") }}, "text", "[redacted]"},
		"a hook without functions":     {redact.Redactor{}, `{"a":"b"}`, `{"a":"b"}`},
		"a name's hook that panics":    {redact.Redactor{Name: func(string) bool { panic("boom") }}, `{"a":"b"}`, `{"a":"[redacted]"}`},
		"text that only looks like it": {redact.Keys(), "[see password: none]", "[see password: none]"},
	} {
		if got := (redact.Rules{tc.redactor}).Text(tc.text); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tc.want)
		}
	}
}

func TestAnAttributeIsHiddenByItsKey(t *testing.T) {
	rules := redact.Common()
	for key, want := range map[string]string{
		"password": redact.Mark, "http.request.header.authorization": redact.Mark, "db.user": "value", "x.api_key": redact.Mark, "tokenizer": "value",
	} {
		if got := rules.Value(key, "value"); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if got := rules.Value("password", ""); got != "" {
		t.Errorf("nothing became %q", got)
	}
}

func FuzzRedaction(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2,{"b":"c@d.org"}],"password":{"x":"}"}}`, `{"password":`, `["\`, "a=b&token=c;", "4242 4242 4242 4242", jwt, "{", `{"a":"{\"b\":\"`, "=", "@%40.", "[0@0.\xcb!0@0.0A", "0@0.\xff\"pAsswd\":0",
	} {
		f.Add(seed)
	}
	rules := redact.Common()
	f.Fuzz(func(t *testing.T, text string) {
		once := rules.Text(text)
		if twice := rules.Text(once); twice != once {
			t.Errorf("%q became %q, and then %q", text, once, twice)
		}
		if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) && !json.Valid([]byte(once)) {
			t.Errorf("%q is JSON, %q is not", text, once)
		}
		if strings.ContainsAny(text, "\"\\") {
			return
		}
		const secret = "s3cr3t-that-nobody-sees"
		for _, around := range []string{`{"q":"` + text + `","password":"` + secret + `"}`, `{"password":["` + text + `","` + secret + `"]}`} {
			if got := rules.Text(around); strings.Contains(got, secret) {
				t.Errorf("%q became %q", around, got)
			}
		}
	})
}

func BenchmarkRedaction(b *testing.B) {
	rules := redact.Common()
	messages, err := json.Marshal([]map[string]string{
		{"role": "system", "content": strings.Repeat("You are a helpful assistant. ", 50)},
		{"role": "user", "content": strings.Repeat("What is a clew? ", 100) + "ann@example.com"},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(messages)))
	b.ReportAllocs()
	for b.Loop() {
		_ = rules.Value("gen_ai.input.messages", string(messages))
	}
}
