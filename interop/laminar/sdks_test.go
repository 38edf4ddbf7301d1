package laminar

import (
	"testing"

	"github.com/clewhq/clew/interop/internal/peer"
)

// sdk is one line of a published SDK.
type sdk struct {
	pkg     peer.Package
	line    string
	python  bool
	idsOnly bool // what it serializes holds ids and nothing else
	env     []string
}

// sdks is every line that is supported.
var sdks = []sdk{
	{pkg: peer.Package{Registry: "npm", Name: "@lmnr-ai/lmnr", Locked: "lmnr-0.6"}, line: "lmnr-0.6", idsOnly: true},
	{pkg: peer.Package{Registry: "npm", Name: "@lmnr-ai/lmnr", Locked: "lmnr-0.7"}, line: "lmnr-0.7"},
	{pkg: peer.Package{Registry: "npm", Name: "@lmnr-ai/lmnr", Locked: "lmnr-0.8"}, line: "lmnr-0.8"},
	{pkg: peer.Package{Registry: "PyPI", Name: "lmnr", Locked: "requirements-lmnr-0.7.txt"}, line: "lmnr 0.7", python: true, env: []string{"PYTHONPATH=.tmp/lmnr-0.7"}},
	{pkg: peer.Package{Registry: "PyPI", Name: "lmnr"}, line: "lmnr 0.8", python: true},
}

// program is the script of that name in the SDK's language.
func (k sdk) program(t testing.TB, script string, env ...string) *peer.Program {
	t.Helper()
	if !k.python {
		return peer.Node(t, "laminar/"+script+".mjs", env...)
	}
	for _, kv := range k.env {
		env = append(env, peer.Absolute(t, kv))
	}
	return peer.Python(t, "laminar/"+script+".py", env...)
}

// input is what every script is given.
type input struct {
	Lib       string   `json:"lib"`
	Transport string   `json:"transport"`
	Port      int      `json:"port"`
	Parents   []string `json:"parents"`
}

// answered is what a feature answers with.
type answered struct {
	Absent   bool
	Trace    string
	Contexts []written
}

// written is a serialized context and the span that it was made of, or a span
// that continued one.
type written struct{ Text, Trace, Span string }
