package laminar

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/clewhq/clew/interop/internal/peer"
)

// missing is what the message of a call that isn't offered says, by the first
// word of its name.
var missing = map[string]string{
	"SQL":         "no SQL in ClickHouse's dialect: ask GET /api/v1/traces",
	"datasets":    "no datasets: keep them in files",
	"evaluations": "no evaluations: evaluations are run elsewhere",
	"signals":     "no signals: ",
	"LLM":         "no LLM profiles: ",
	"debugger":    "no debugger: the program itself goes on",
}

func TestWhatIsNotOfferedSaysSoInWordsThatReachTheCaller(t *testing.T) {
	srv := peer.StartServer(t)
	for _, k := range sdks {
		t.Run(k.line, func(t *testing.T) {
			t.Parallel()
			var answers map[string]struct {
				Absent      bool
				Done, Error string
			}
			k.program(t, "refused").Run(t, input{Lib: k.line, Port: srv.Port}, &answers)
			for _, call := range slices.Sorted(maps.Keys(answers)) {
				a := answers[call]
				if a.Absent {
					k.pkg.Lacks(t, "client: "+call, "its API has none")
					continue
				}
				t.Run(call, func(t *testing.T) {
					k.pkg.Check(t, "client: "+call+" is refused")
					word, _, _ := strings.Cut(strings.ReplaceAll(call, ":", " "), " ")
					want := missing[word]
					if k.python && (call == "SQL" || word == "debugger") {
						k.pkg.Lacks(t, "client: why "+call+" is refused", "it shows the status and no text")
						want = "501 Not Implemented"
					}
					if a.Done != "" || !strings.Contains(a.Error, want) || !strings.Contains(a.Error, "501") {
						t.Errorf("it failed with %q and answered %q, want 501 and %q", a.Error, a.Done, want)
					}
				})
			}
		})
	}
}
