package otlp_test

import (
	"strings"
	"testing"

	"github.com/clewhq/clew/internal/otlp"
)

func TestAnAnswerTellsWhatTheServerDidNotTake(t *testing.T) {
	for name, tc := range map[string]struct {
		body     string
		rejected int64
		message  string
		err      string
	}{
		"nothing to say":             {"", 0, "", ""},
		"an empty partial success":   {"\x0a\x00", 0, "", ""},
		"some refused, with reason":  {"\x0a\x0c\x08\x02\x12\x08bad time", 2, "bad time", ""},
		"a remark only":              {"\x0a\x06\x12\x04hmmm", 0, "hmmm", ""},
		"known ones behind unknown":  {"\x18\x01\x25aaaa\x29aaaaaaaa\x0a\x02\x08\x03", 3, "", ""},
		"a number below zero":        {"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, "", ""},
		"a reason that is not UTF-8": {"\x0a\x04\x12\x02\xffx", 0, "\ufffdx", ""},
		"a page of HTML":             {"<html>", 0, "", "the answer is no OTLP response: it has a field of unknown kind"},
		"a size beyond the end":      {"\x0a\x7f\x08", 0, "", "the answer is no OTLP response: it ends within a field"},
		"a number without an end":    {"\x08\xff", 0, "", "the answer is no OTLP response: it ends within a field"},
	} {
		rejected, message, err := otlp.ParseResponse([]byte(tc.body))
		said := ""
		if err != nil {
			said = err.Error()
		}
		if rejected != tc.rejected || message != tc.message || said != tc.err {
			t.Errorf("%s: %d, %q, %v", name, rejected, message, err)
		}
	}
}

func TestAnAnswerInJSONTellsTheSame(t *testing.T) {
	for name, tc := range map[string]struct {
		body     string
		rejected int64
		message  string
		bad      bool
	}{
		"nothing to say":          {"", 0, "", false},
		"an empty object":         {" {} \n", 0, "", false},
		"a number":                {`{"partialSuccess":{"rejectedSpans":3}}`, 3, "", false},
		"a number as text":        {`{"partialSuccess": {"rejectedSpans" : "3" , "errorMessage":"no"}}`, 3, "no", false},
		"of log records":          {`{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}`, 1, "too old", false},
		"a remark":                {`{"partialSuccess":{"errorMessage":"\u00e9 \"x\" \n"}}`, 0, "é \"x\" \n", false},
		"a remark about a member": {`{"partialSuccess":{"errorMessage":"see \"rejectedSpans\":7","rejectedSpans":2}}`, 2, `see "rejectedSpans":7`, false},
		"a name as a value":       {`{"a":"rejectedSpans","b":"errorMessage","partialSuccess":{"rejectedSpans":2}}`, 2, "", false},
		"a number below zero":     {`{"partialSuccess":{"rejectedSpans":-1}}`, 0, "", false},
		"no number":               {`{"partialSuccess":{"rejectedSpans":null,"errorMessage":null}}`, 0, "", false},
		"a page of HTML":          {"<html>", 0, "", true},
		"cut off":                 {`{"partialSuccess":{"rejectedSpans":`, 0, "", true},
	} {
		rejected, message, err := otlp.ParseJSONResponse([]byte(tc.body))
		if rejected != tc.rejected || message != tc.message || (err != nil) != tc.bad {
			t.Errorf("%s: %d, %q, %v", name, rejected, message, err)
		}
	}
}

func TestARefusalTellsItsReason(t *testing.T) {
	for body, want := range map[string]string{
		"\x08\x05\x12\x04full\x1a\x02xx": "full",
		"":                               "",
		"<html>":                         "",
	} {
		if got := otlp.ParseStatus([]byte(body)); got != want {
			t.Errorf("%q: %q", body, got)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	for _, seed := range []string{"", "\x0a\x0c\x08\x02\x12\x08bad time", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x1b",
		`{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}`, `{"errorMessage":"}`, `{"errorMessage":"\}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rejected, message, err := otlp.ParseResponse(body)
		if rejected < 0 || len(message) > 3*len(body) || strings.ToValidUTF8(message, "") != message {
			t.Errorf("%d, %q, %v", rejected, message, err)
		}
		rejected, message, _ = otlp.ParseJSONResponse(body)
		if rejected < 0 || len(message) > 3*len(body) || strings.ToValidUTF8(message, "") != message {
			t.Errorf("in JSON: %d, %q", rejected, message)
		}
		if message := otlp.ParseStatus(body); strings.ToValidUTF8(message, "") != message {
			t.Errorf("%q", message)
		}
	})
}
