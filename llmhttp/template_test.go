package llmhttp

import (
	"bytes"
	"strings"
	"testing"

	"github.com/clewhq/clew/llm"
)

// chunksOf is a stream of so many chunks.
func chunksOf(n int) []byte {
	return bytes.Repeat([]byte(`data: {"id":"c","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}`+"\n\n"), n)
}

func TestAChunkLikeTheOneBeforeTakesNoAllocation(t *testing.T) {
	allocs := func(chunks int) float64 {
		body := chunksOf(chunks)
		return testing.AllocsPerRun(20, func() {
			var c llm.Call
			like := newTemplate(chatShape)
			readStream(&openAIChat, &c, sse, body, like)
			like.giveBack()
		})
	}
	const growth = 20 // of the text, if the pool has no template
	if few, many := allocs(10), allocs(1010); many > few+growth {
		t.Errorf("%v allocations for 10 chunks, %v for 1,010", few, many)
	}
}

func TestATemplateLeavesNothingToTheNextStream(t *testing.T) {
	for range 3 {
		var c llm.Call
		like := newTemplate(chatShape)
		readStream(&openAIChat, &c, sse, chunksOf(3), like)
		like.giveBack()
		if got := c.Output[0].Parts[0]; got != llm.Text(strings.Repeat(" token", 3)) {
			t.Errorf("the answer is %q", got)
		}
	}
}
