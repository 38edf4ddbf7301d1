package dialect

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// mediaPart reads an image, a sound or a file. What it is is said in the part
// itself or one level down, in as many ways as there are providers.
func mediaPart(modality string, m map[string]any) Part {
	p := Part{Type: Media, Modality: modality}
	p.fill(m, 0)
	if p.Modality == "file" {
		if kind, _, ok := strings.Cut(p.MIME, "/"); ok && (kind == "image" || kind == "audio" || kind == "video") {
			p.Modality = kind
		}
	}
	return p
}

// mediaKeys are where a part keeps its data or its address.
var mediaKeys = []string{
	"url", "uri", "fileUri", "file_uri", "image_url", "file_url", "data", "bytes", "content", "file_data", "image", "file_id", "fileId", "filename",
}

func (p *Part) fill(m map[string]any, depth int) {
	if s := text(m["modality"]); s != "" {
		p.Modality = s
	}
	if p.MIME == "" {
		p.MIME = text(either(m, "mime_type", "mimeType", "media_type", "mediaType", "format"))
	}
	for _, key := range mediaKeys {
		if s, ok := m[key].(string); ok && p.URL == "" && p.Bytes == 0 {
			p.locate(s)
		}
	}
	if depth == 3 {
		return
	}
	for _, key := range []string{"source", "image_url", "image", "file", "input_audio", "audio", "data", "s3Location"} {
		if inner, ok := m[key].(map[string]any); ok {
			p.fill(inner, depth+1)
		}
	}
}

// maxURL is the length in bytes from which what stands in the place of an
// address is taken for data.
const maxURL = 2048

// locate tells an address from data.
func (p *Part) locate(s string) {
	if head, data, ok := strings.Cut(s, ","); ok && strings.HasPrefix(head, "data:") {
		mime, _, _ := strings.Cut(strings.TrimPrefix(head, "data:"), ";")
		if p.MIME == "" {
			p.MIME = mime
		}
		s = data
	} else if strings.Contains(s[:min(len(s), 16)], "://") || len(s) < 100 {
		p.URL = s[:min(len(s), maxURL)]
		return
	}
	p.base64 = s
	p.Bytes = base64.StdEncoding.DecodedLen(len(s)) - strings.Count(s[max(0, len(s)-2):], "=")
}

// Data returns what was sent in the place of a media part; ok is false when it
// was nothing, or nothing that can be decoded.
func (p Part) Data() (data []byte, ok bool) {
	if p.base64 == "" {
		return nil, false
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if data, err := enc.DecodeString(p.base64); err == nil {
			return data, true
		}
	}
	return nil, false
}

// Hash is the SHA-256 of the data in hex, "" when there is none.
func (p Part) Hash() string {
	data, ok := p.Data()
	if !ok {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
