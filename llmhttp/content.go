package llmhttp

import (
	"encoding/json"
	"strings"

	"github.com/clewhq/clew/llm"
)

// partsOf reads content, which is text or a list of parts, or null. Anything else is kept whole. A part that is nil is left
// out.
func partsOf(content json.RawMessage, part func(json.RawMessage) llm.Part) []llm.Part {
	if len(content) == 0 {
		return nil
	}
	var text *string
	if content[0] != '[' && fits(content, &text) {
		if text == nil || *text == "" {
			return nil
		}
		return []llm.Part{llm.Text(*text)}
	}
	var list []json.RawMessage
	if !fits(content, &list) {
		return []llm.Part{llm.Other(content)}
	}
	var parts []llm.Part
	for _, raw := range list {
		if p := part(raw); p != nil {
			parts = append(parts, p)
		}
	}
	return parts
}

// joinTexts returns the text of content, or JSON if there is more than text in it.
func joinTexts(content json.RawMessage, part func(json.RawMessage) llm.Part) string {
	var texts []string
	for _, p := range partsOf(content, part) {
		t, ok := p.(llm.Text)
		if !ok {
			return string(content)
		}
		texts = append(texts, string(t))
	}
	return strings.Join(texts, "\n")
}
