package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func get(t *testing.T, h http.Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func build(t *testing.T) handler {
	t.Helper()
	h, err := newHandler(fstest.MapFS{
		"index.html":    {Data: []byte("<!doctype html><title>Clew</title>" + strings.Repeat("<p>thread</p>", 50))},
		"assets/app.js": {Data: []byte(strings.Repeat("console.log('clew');\n", 100))},
		"favicon.svg":   {Data: []byte("<svg/>")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPaths(t *testing.T) {
	h := build(t)
	for _, c := range []struct {
		name, method, path, accept string
		status                     int
		mime                       string
	}{
		{"the root is the page", "GET", "/", browser, 200, "text/html; charset=utf-8"},
		{"the root is the page for any client", "GET", "/", "*/*", 200, "text/html; charset=utf-8"},
		{"a trace is the page", "GET", "/traces/0af7651916cd43dd8448eb211c80319c", browser, 200, "text/html; charset=utf-8"},
		{"a session whose id has a dot is the page", "GET", "/sessions/chat.v1.42", browser, 200, "text/html; charset=utf-8"},
		{"a script is itself", "GET", "/assets/app.js", "*/*", 200, "text/javascript; charset=utf-8"},
		{"HEAD is answered like GET", "HEAD", "/favicon.svg", "*/*", 200, "image/svg+xml"},
		{"an unknown path is not found for a client that wants no HTML", "GET", "/traces/x", "application/json", 404, ""},
		{"an unknown path is not found for a client that refuses HTML", "GET", "/traces/x", "text/html;q=0, */*", 404, ""},
		{"an unknown asset is not found for a browser", "GET", "/assets/old.js", browser, 404, ""},
		{"an unknown API path is not found for a browser", "GET", "/api/v2/traces", browser, 404, ""},
		{"the OTLP prefix alone is not found for a browser", "GET", "/v1", browser, 404, ""},
		{"a folder is not listed", "GET", "/assets/", browser, 404, ""},
		{"what climbs out is not found", "GET", "/assets/../../go.mod", "*/*", 404, ""},
		{"POST is refused", "POST", "/", browser, 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get(t, h, c.method, c.path, "Accept", c.accept)
			if r.StatusCode != c.status {
				t.Fatalf("status %d, want %d", r.StatusCode, c.status)
			}
			if got := r.Header.Get("Content-Type"); c.mime != "" && got != c.mime {
				t.Errorf("Content-Type %q, want %q", got, c.mime)
			}
			if c.method == "HEAD" && len(read(t, r)) != 0 {
				t.Error("HEAD has a body")
			}
			if got := r.Header.Get("Content-Security-Policy"); got != policy {
				t.Errorf("Content-Security-Policy %q", got)
			}
			if got := r.Header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options %q", got)
			}
			if got := r.Header.Get("Referrer-Policy"); got != "no-referrer" {
				t.Errorf("Referrer-Policy %q", got)
			}
		})
	}
}

func TestABrowserThatHasAFileIsTold304(t *testing.T) {
	h := build(t)
	for _, c := range []struct {
		name, encoding string
	}{{"plain", ""}, {"gzip", "gzip"}} {
		t.Run(c.name, func(t *testing.T) {
			first := get(t, h, "GET", "/assets/app.js", "Accept-Encoding", c.encoding)
			tag := first.Header.Get("ETag")
			if !regexp.MustCompile(`^"[0-9a-f]{24}(-gzip)?"$`).MatchString(tag) {
				t.Fatalf("ETag %q is not strong", tag)
			}
			if got := first.Header.Get("Cache-Control"); got != "no-cache" {
				t.Errorf("Cache-Control %q", got)
			}
			for _, known := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
				r := get(t, h, "GET", "/assets/app.js", "Accept-Encoding", c.encoding, "If-None-Match", known)
				if r.StatusCode != 304 || len(read(t, r)) != 0 || r.Header.Get("ETag") != tag {
					t.Errorf("If-None-Match %s: status %d, ETag %s", known, r.StatusCode, r.Header.Get("ETag"))
				}
			}
			if r := get(t, h, "GET", "/assets/app.js", "Accept-Encoding", c.encoding, "If-None-Match", `"other"`); r.StatusCode != 200 {
				t.Errorf("another tag: status %d", r.StatusCode)
			}
		})
	}
}

func TestCompression(t *testing.T) {
	h := build(t)
	plain := read(t, get(t, h, "GET", "/assets/app.js"))
	for _, c := range []struct {
		name, path, accept, coding string
	}{
		{"a client that takes gzip gets gzip", "/assets/app.js", "br, gzip;q=0.8", "gzip"},
		{"a client that refuses gzip gets it plain", "/assets/app.js", "gzip;q=0", ""},
		{"a client that says nothing gets it plain", "/assets/app.js", "", ""},
		{"what would not shrink stays plain", "/favicon.svg", "gzip", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get(t, h, "GET", c.path, "Accept-Encoding", c.accept)
			if got := r.Header.Get("Content-Encoding"); got != c.coding {
				t.Fatalf("Content-Encoding %q, want %q", got, c.coding)
			}
			if c.coding == "" {
				return
			}
			if r.Header.Get("Vary") != "Accept-Encoding" {
				t.Error("no Vary")
			}
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(z)
			if err != nil || !bytes.Equal(content, plain) {
				t.Errorf("unpacked content differs, error %v", err)
			}
		})
	}
}

func TestABuildWithoutAPageIsRefused(t *testing.T) {
	if _, err := newHandler(fstest.MapFS{"assets/app.js": {}}); err == nil {
		t.Error("no error")
	}
}

// What the page asks for exists, and nothing in it is what the policy refuses.
func TestTheBuild(t *testing.T) {
	h := Handler()
	page := string(read(t, get(t, h, "GET", "/", "Accept", browser)))
	refs := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(refs) < 2 {
		t.Fatalf("the page refers to %d files", len(refs))
	}
	for _, ref := range refs {
		if r := get(t, h, "GET", ref[1]); r.StatusCode != 200 {
			t.Errorf("%s: status %d", ref[1], r.StatusCode)
		}
	}
	if regexp.MustCompile(`<script>|<style|style="|\son\w+="|https?://`).MatchString(page) {
		t.Errorf("the page has inline code or another origin:\n%s", page)
	}
	err := fs.WalkDir(dist, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && regexp.MustCompile(`-[A-Za-z0-9_-]{8}\.\w+$`).MatchString(name) {
			t.Errorf("%s has a hash in its name", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
