package api

import (
	"bytes"
	"net/http"
	"slices"
	"time"

	"github.com/clewhq/clew/server/internal/dialect"
	"github.com/clewhq/clew/server/internal/trace"
)

// shownInline are the types of media that a browser draws and can't be made to
// run. All else is offered as a file.
var shownInline = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}

// mediaPolicy is for a browser that opens the address itself.
const mediaPolicy = "default-src 'none'; sandbox"

// getMedia answers with what was sent in the place of a media part. What its
// sender calls it is not believed: its first bytes tell what it is.
func (a *api) getMedia(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	traceID, spanID, hash := p.traceID(), p.spanID(), p.path("hash")
	if err := p.done(); err != nil {
		return err
	}
	spans, err := a.withLogs(a.Store.Spans(r.Context(), traceID, spanID))
	if err != nil {
		return about(err, "span %s of trace %s", spanID, traceID)
	}
	data := mediaOf(spans, hash)
	if data == nil {
		return failf(http.StatusNotFound, "not_found", "", "media %.80q of span %s: not found", hash, spanID)
	}
	h := w.Header()
	kind := http.DetectContentType(data)
	if !slices.Contains(shownInline, kind) {
		kind = "application/octet-stream"
		h.Set("Content-Disposition", "attachment")
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Cache-Control", "private, max-age=86400, immutable") // the address names the content
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// mediaOf returns the data with this hash in the messages of spans, nil when there is none.
func mediaOf(spans []*trace.Span, hash string) []byte {
	for _, s := range spans {
		v := dialect.Read(s)
		for _, m := range slices.Concat(v.Messages, v.Answer) {
			for _, p := range m.Parts {
				if data, ok := p.Data(); ok && p.Hash() == hash {
					return data
				}
			}
		}
	}
	return nil
}
