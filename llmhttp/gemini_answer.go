package llmhttp

import (
	"encoding/json"
	"strings"

	"github.com/clewhq/clew/llm"
)

// geminiAnswer is an answer, and each event of a stream.
type geminiAnswer struct {
	ResponseID   string `json:"responseId"`
	ModelVersion string `json:"modelVersion"`
	Candidates   []struct {
		Index        int64         `json:"index"`
		Content      geminiContent `json:"content"`
		FinishReason string        `json:"finishReason"`
	} `json:"candidates"`
	PromptFeedback struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage      *geminiUsage    `json:"usageMetadata"`
	Error      json.RawMessage `json:"error"`
	Embedding  geminiVector    `json:"embedding"`
	Embeddings []geminiVector  `json:"embeddings"`
}

type geminiVector struct {
	Values json.RawMessage `json:"values"`
}

// geminiUsage counts what a model thought, and what its tools gave it, apart from output and prompt.
type geminiUsage struct {
	Prompt         integer          `json:"promptTokenCount"`
	ToolUse        integer          `json:"toolUsePromptTokenCount"`
	Candidates     integer          `json:"candidatesTokenCount"`
	Thoughts       integer          `json:"thoughtsTokenCount"`
	Cached         integer          `json:"cachedContentTokenCount"`
	Total          integer          `json:"totalTokenCount"`
	PromptKinds    []geminiModality `json:"promptTokensDetails"`
	CandidateKinds []geminiModality `json:"candidatesTokensDetails"`
}

type geminiModality struct {
	Modality string  `json:"modality"`
	Count    integer `json:"tokenCount"`
}

func audioTokens(kinds []geminiModality) *int64 {
	for _, k := range kinds {
		if k.Modality == "AUDIO" {
			return k.Count.count()
		}
	}
	return nil
}

func (u *geminiUsage) usage() llm.Usage {
	out := llm.Usage{
		Input:     sum(u.Prompt.count(), u.ToolUse.count()),
		Output:    sum(u.Candidates.count(), u.Thoughts.count()),
		CacheRead: u.Cached.count(), Reasoning: u.Thoughts.count(),
		AudioInput: audioTokens(u.PromptKinds), AudioOutput: audioTokens(u.CandidateKinds),
	}
	// Zeros are left out, so an answer without tokens has only the total.
	if total := u.Total.count(); out.Output == nil && total != nil && out.Input != nil && *total == *out.Input {
		out.Output = new(int64(0))
	}
	return out
}

// head adds what is not content; of repeated things the last counts.
func (a *geminiAnswer) head(c *llm.Call) {
	setText(&c.ResponseID, a.ResponseID)
	setText(&c.ResponseModel, a.ModelVersion)
	if a.Usage != nil {
		c.Usage = a.Usage.usage()
	}
	for _, v := range append(a.Embeddings, a.Embedding) {
		if n := dimensions(v.Values); n > 0 {
			c.Params.Dimensions = &n
			break
		}
	}
}

func geminiResponse(c *llm.Call, body []byte) outcome {
	d := geminiDraft{call: c}
	if !d.read(body) {
		return outcome{}
	}
	out := d.finish()
	out.complete = true
	return out
}

// geminiDraft puts the events of a stream together.
type geminiDraft struct {
	call       *llm.Call
	out        outcome
	candidates pieces[candidate]
}

func geminiStream(c *llm.Call) draft { return &geminiDraft{call: c} }

func (d *geminiDraft) add(e event) bool {
	d.read(e.data)
	return true
}

// read reports whether data is JSON.
func (d *geminiDraft) read(data []byte) bool {
	var a geminiAnswer
	if !unmarshal(data, &a) {
		return false // cut off, or not for us
	}
	a.head(d.call)
	if err := embeddedError(a.Error); err != nil {
		d.out.err = err
	}
	if reason := a.PromptFeedback.BlockReason; reason != "" { // then there is no candidate
		d.out.complete = true
		d.call.FinishReasons = append(d.call.FinishReasons, reason)
	}
	for _, part := range a.Candidates {
		if c := d.candidates.at(part.Index); c != nil {
			c.add(part.Content, part.FinishReason)
		}
	}
	return true
}

func (d *geminiDraft) textOf(e event, text string) *strings.Builder {
	var a geminiAnswer
	if !fits(e.data, &a) || len(a.Candidates) != 1 || len(a.Error) > 0 || a.PromptFeedback.BlockReason != "" {
		return nil
	}
	c := d.candidates.at(a.Candidates[0].Index)
	parts := a.Candidates[0].Content.parts()
	if c == nil || len(parts) != 1 || a.Candidates[0].FinishReason != "" {
		return nil
	}
	switch parts[0] {
	case llm.Text(text):
		return &c.text
	case llm.Reasoning(text):
		return &c.reasoning
	}
	return nil
}

// recount takes the counts of tokens, which every event tells anew.
func (d *geminiDraft) recount(e event) {
	var a geminiAnswer
	if unmarshal(e.data, &a) {
		a.head(d.call)
	}
}

func (d *geminiDraft) finish() outcome {
	finished := len(d.candidates.byIndex) > 0
	for c := range d.candidates.inOrder() {
		m := c.message()
		answered(d.call, m)
		finished = finished && m.FinishReason != ""
	}
	d.out.complete = d.out.complete || finished
	return d.out
}

// candidate is an answer that is being put together. Text that follows text goes on with it.
type candidate struct {
	finish    string
	parts     []llm.Part
	text      strings.Builder
	reasoning strings.Builder
}

func (c *candidate) add(content geminiContent, finish string) {
	setText(&c.finish, finish)
	for _, p := range content.parts() {
		switch p := p.(type) {
		case llm.Text:
			if c.reasoning.Len() > 0 {
				c.flush()
			}
			c.text.WriteString(string(p))
		case llm.Reasoning:
			if c.text.Len() > 0 {
				c.flush()
			}
			c.reasoning.WriteString(string(p))
		default:
			c.flush()
			c.parts = append(c.parts, p)
		}
	}
}

// flush ends the text that came last.
func (c *candidate) flush() {
	if c.reasoning.Len() > 0 {
		c.parts = append(c.parts, llm.Reasoning(c.reasoning.String()))
		c.reasoning.Reset()
	}
	if c.text.Len() > 0 {
		c.parts = append(c.parts, llm.Text(c.text.String()))
		c.text.Reset()
	}
}

func (c *candidate) message() llm.Message {
	c.flush()
	return llm.Message{Role: llm.RoleAssistant, Parts: c.parts, FinishReason: c.finish}
}
