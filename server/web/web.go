// Package web serves Clew's UI, a single-page application that is built by Vite
// from src/ into dist/ and compiled into the binary, so that Go alone builds
// everything.
//
// Names in dist carry no hash: the build is compared with its sources byte for
// byte, and an old tab never asks for a file that is gone. What makes caching
// right instead is a strong ETag per file (the hash of its content) together
// with Cache-Control: no-cache: a browser asks each time, and is answered 304.
//
// Spans are text that strangers wrote. The Content-Security-Policy lets the page
// run its own scripts and styles, talk to its own origin, and nothing else.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// index is the page that every path of the application gets.
const index = "index.html"

// policy is the Content-Security-Policy of every answer. Inline scripts, inline
// styles and other origins are refused; data: images are icons of our own style
// sheet.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// types are the media types of what a build consists of. The system's own table
// is not asked, because it differs between machines.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// notPages are the first segments of paths that belong to the server's other
// parts or to the build: an unknown one is 404 whoever asks, so that a mistyped
// API path never looks like a success.
var notPages = []string{"/api/", "/v1/", "/assets/"}

// file is one file of the build, ready to be sent.
type file struct {
	mime        string
	plain, gzip body // gzip has no content when compression would not help
}

type body struct {
	content []byte
	etag    string
}

// Handler serves the UI for GET and HEAD. A path of a file gets the file, other
// paths get the application's page when the client accepts HTML, and 404
// otherwise.
func Handler() http.Handler { return embedded() }

var embedded = sync.OnceValue(func() http.Handler {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	h, err := newHandler(sub)
	if err != nil {
		panic(err) // what is compiled in can be read, and a build has an index
	}
	return h
})

type handler map[string]file // by path, with the leading slash

// newHandler reads and compresses every file of build, which is a few hundred
// kilobytes.
func newHandler(build fs.FS) (handler, error) {
	h := handler{}
	err := fs.WalkDir(build, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(build, name)
		if err != nil {
			return err
		}
		h["/"+name] = newFile(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the UI's build: %w", err)
	}
	if _, ok := h["/"+index]; !ok {
		return nil, fmt.Errorf("the UI's build has no %s: run 'make web'", index)
	}
	return h, nil
}

func newFile(name string, content []byte) file {
	ext := path.Ext(name)
	f := file{mime: types[ext], plain: body{content, etag(content, "")}}
	if f.mime == "" {
		f.mime = mime.TypeByExtension(ext)
	}
	if f.mime == "" {
		f.mime = "application/octet-stream"
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return f
	}
	_, err = w.Write(content)
	if cerr := w.Close(); err == nil && cerr == nil && packed.Len() < len(content)*9/10 {
		f.gzip = body{packed.Bytes(), etag(content, "-gzip")}
	}
	return f
}

// etag names a representation: the same content in another coding is another one.
func etag(content []byte, coding string) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:12]) + coding + `"`
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the UI answers GET and HEAD only", http.StatusMethodNotAllowed)
		return
	}
	f, ok := h[r.URL.Path]
	if !ok && isPage(r) {
		f, ok = h["/"+index]
	}
	if !ok {
		http.Error(w, "nothing is served here", http.StatusNotFound)
		return
	}
	f.serve(w, r)
}

// isPage reports whether r is a browser going to a page of the application.
func isPage(r *http.Request) bool {
	for _, prefix := range notPages {
		if strings.HasPrefix(r.URL.Path+"/", prefix) {
			return false
		}
	}
	return r.URL.Path == "/" || accepts(r.Header.Values("Accept"), "text/html")
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	b := f.plain
	header := w.Header()
	if f.gzip.content != nil {
		header.Add("Vary", "Accept-Encoding")
		if accepts(r.Header.Values("Accept-Encoding"), "gzip") {
			b = f.gzip
			header.Set("Content-Encoding", "gzip")
		}
	}
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", b.etag)
	if matches(r.Header.Values("If-None-Match"), b.etag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.mime)
	header.Set("Content-Length", strconv.Itoa(len(b.content)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.content) // a client that left is no event
	}
}

// accepts reports whether an Accept or Accept-Encoding header names what, and
// does not refuse it by a weight of zero.
func accepts(lines []string, what string) bool {
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), what) {
			continue
		}
		for p := range strings.SplitSeq(parameters, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
			if q, err := strconv.ParseFloat(value, 64); strings.EqualFold(key, "q") && (err != nil || q <= 0) {
				return false
			}
		}
		return true
	}
	return false
}

// matches reports whether an If-None-Match header names etag. The comparison is
// the weak one, as its standard says: proxies mark tags as weak.
func matches(lines []string, etag string) bool {
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == etag {
			return true
		}
	}
	return false
}
