package llmhttp

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/clewhq/clew/llm"
)

// A provider is one API that is recognised and read: a row of the table below.
type provider struct {
	api       string   // its name: that of its folder in testdata
	within    string   // part of the URL's path, "" for any
	paths     []string // ends of the URL's path
	vendor    string   // gen_ai.provider.name at a host that is not known: the one whose API it is
	operation string   // llm.Chat, …; request may know better

	// ours tells whether a request to a host that is not known is of this API. It is for paths that other programs use
	// as well; nil if the path says enough.
	ours func(r *http.Request) bool

	// request adds to c what the request says: its URL, and its body, which is cut off if it was over the limit, and nil
	// if it is only known later. It reports whether the body could be read.
	request func(c *llm.Call, u *url.URL, body []byte) bool

	// response adds what an answer in one piece says.
	response func(c *llm.Call, body []byte) outcome

	// stream begins a draft of a streamed answer. nil if the API has no streams.
	stream func(c *llm.Call) draft

	framing *framing // of streams that do not announce one
	shape   *shape   // of the chunks of streams; nil if all are decoded
}

// outcome is what a parser found besides the content.
type outcome struct {
	complete bool      // the answer says itself that it is whole
	err      *apiError // the provider reports an error
}

// apiError is an error as the provider tells it.
type apiError struct{ kind, message string }

// providers is the table of all APIs; the first row that fits a request reads it. To add one, write its file and add
// its line here; docs/adding/provider.md tells how.
var providers = []provider{
	openAIChat,
	openAICompletions,
	openAIResponses,
	openAIEmbeddings,
	anthropicMessages,
	anthropicVertex,
	anthropicBedrock,
	gemini,
	vertexPredict,
	bedrockConverse,
	ollama,
	cohereChat,
}

// find returns the row for r, or nil. All these APIs are called by POST.
func (c *config) find(r *http.Request) *provider {
	if r == nil || r.URL == nil || r.Method != http.MethodPost {
		return nil
	}
	for i := range providers {
		p := &providers[i]
		if p.fits(r.URL.Path) && (p.ours == nil || c.knownProvider(r.URL) != "" || p.ours(r)) {
			return p
		}
	}
	return nil
}

func (p *provider) fits(path string) bool {
	if !strings.Contains(path, p.within) {
		return false
	}
	path = strings.TrimSuffix(path, "/")
	for _, end := range p.paths {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

// maxPeek bounds what is read of a body to tell whose API it is, in bytes.
const maxPeek = 1 << 20

// hasMembers returns a condition for provider.ours: that the body can be read twice and is an object with these members.
func hasMembers(names ...string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		body, ok := replay(r, maxPeek)
		if !ok {
			return false
		}
		var members map[string]json.RawMessage
		if unmarshalPrefix(body.kept, &members); members == nil {
			return false
		}
		for _, name := range names {
			if len(members[name]) == 0 {
				return false
			}
		}
		return true
	}
}
