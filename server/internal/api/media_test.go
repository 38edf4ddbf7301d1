package api

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestMediaIsServedAsWhatItIsNotAsWhatItIsCalled(t *testing.T) {
	tests := map[string]struct{ data, called, want string }{
		"a picture":               {"\x89PNG\r\n\x1a\nrest", "image/png", "image/png"},
		"a picture called a page": {"GIF89a rest", "text/html", "image/gif"},
		"a page called a picture": {"<html><script>alert(1)</script>", "image/png", "application/octet-stream"},
		"a drawing that can run":  {`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, "image/svg+xml", "application/octet-stream"},
		"a sound":                 {"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav", "application/octet-stream"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.data += strings.Repeat(" ", 100) // less may be an id
			s := newSpan(wholeTrace, 1, 0, "planner", "chat", 0, 1)
			message := fmt.Sprintf(`[{"role":"user","parts":[{"type":"text","content":"see"},{"type":"blob","modality":"image","mime_type":%q,"content":%q}]}]`,
				test.called, base64.StdEncoding.EncodeToString([]byte(test.data)))
			s.Attributes = trace.Attributes{
				{Key: "gen_ai.request.model", Value: trace.StringValue("m")}, {Key: "gen_ai.input.messages", Value: trace.StringValue(message)},
			}
			testDeriver().Derive(s)
			srv := newServer(t, s)
			detail, err := srv.Span(t.Context(), wholeTrace.String(), s.ID.String(), 0, false)
			if err != nil {
				t.Fatal(err)
			}
			part := detail.View.Messages[0].Parts[1]
			if want := fmt.Sprintf("%x", sha256.Sum256([]byte(test.data))); part.Hash != want || part.Bytes != len(test.data) {
				t.Fatalf("part %+v, want the hash %s of %d bytes", part, want, len(test.data))
			}
			path := "/traces/" + wholeTrace.String() + "/spans/" + s.ID.String() + "/media/"
			resp, body := srv.get(t, http.MethodGet, path+part.Hash)
			if resp.StatusCode != http.StatusOK || string(body) != test.data || resp.Header.Get("Content-Type") != test.want {
				t.Errorf("status %d, %s, %q", resp.StatusCode, resp.Header.Get("Content-Type"), body)
			}
			if attached := resp.Header.Get("Content-Disposition") == "attachment"; attached == strings.HasPrefix(test.want, "image/") {
				t.Errorf("attached: %v", attached)
			}
			for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"} {
				if got := resp.Header.Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
			if resp, _ := srv.get(t, http.MethodGet, path+strings.Repeat("0", 64)); resp.StatusCode != http.StatusNotFound {
				t.Errorf("another hash: status %d", resp.StatusCode)
			}
		})
	}
}
