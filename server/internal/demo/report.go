package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/terminal"
)

// counts is the last line of --json.
type counts struct {
	TraceID  string `json:"trace_id"`
	Services int    `json:"services"`
	Spans    int    `json:"spans"`
	Roots    int    `json:"roots"`
	Orphans  int    `json:"orphans"`
	Breaks   int    `json:"breaks"`
}

// report shows the trace and reports whether it is whole.
func (a *App) report(t client.Outline, o options, url string) (whole bool, err error) {
	var out strings.Builder
	out.WriteString("\n")
	if err := terminal.WriteTree(&out, t, a.Width, a.Color); err != nil {
		return false, err
	}
	faults := faults(t)
	if len(faults) > 0 {
		fmt.Fprintf(&out, "\n✗ Not whole: %s.\n", strings.Join(faults, "; "))
	}
	fmt.Fprintf(&out, "\nIn the UI:   %s/traces/%s\n", url, t.Trace.TraceID)
	for _, b := range t.Breaks {
		for _, other := range b.Traces {
			fmt.Fprintf(&out, "Torn off:    %s/traces/%s\n", url, other)
		}
	}
	clew := command()
	switch {
	case o.exit && o.keep:
		fmt.Fprintf(&out, "The server stops now. To look at it: %s serve --data %s\n", clew, filepath.Join(o.data, "server"))
	case o.exit:
		out.WriteString("The server stops now. To look at it, leave --exit out.\n")
	default:
		fmt.Fprintf(&out, "Try next:    %s show --url %s %s\n", clew, url, t.Trace.TraceID)
		if o.drop == "" {
			fmt.Fprintf(&out, "             %s demo --break %s    (lose the context at one hop)\n", clew, strings.Join(hops, "|"))
		}
		fmt.Fprintf(&out, "             OTEL_EXPORTER_OTLP_ENDPOINT=%s your-program    (send spans of your own)\n", url)
		out.WriteString("Ctrl-C stops the server.\n")
	}
	if o.json {
		line, err := json.Marshal(counts{
			t.Trace.TraceID, len(t.Trace.Services), t.Trace.SpanCount, t.Trace.RootCount, t.Trace.OrphanCount, len(t.Breaks),
		})
		if err != nil {
			return false, err
		}
		fmt.Fprintf(&out, "%s\n", line)
	}
	_, err = io.WriteString(a.Stdout, out.String())
	return len(faults) == 0, err
}

// command is how this program was called, for people to call it again.
func command() string {
	if self, err := os.Executable(); err == nil && strings.Contains(self, "go-build") {
		return "go run ./server/cmd/clew"
	}
	return "clew"
}

// faults says in what way a trace is not what it should be: whole, with every
// service in it, session and user on every span.
func faults(t client.Outline) (out []string) {
	if n := t.Trace.RootCount; n != 1 {
		out = append(out, fmt.Sprintf("%d roots instead of one", n))
	}
	if n := t.Trace.OrphanCount; n != 0 {
		out = append(out, fmt.Sprintf("%d spans whose parent is missing", n))
	}
	for _, b := range t.Breaks {
		out = append(out, fmt.Sprintf("broken at %s (%s)", b.Place, b.Kind))
	}
	for _, r := range roles {
		if r.traced && !slices.Contains(t.Trace.Services, r.name) {
			out = append(out, "no span of "+r.name)
		}
	}
	anonymous := 0
	for _, s := range t.Spans {
		if s.SessionID == "" || s.UserID == "" {
			anonymous++
		}
	}
	if anonymous > 0 {
		out = append(out, fmt.Sprintf("%d spans without session or user", anonymous))
	}
	return out
}
