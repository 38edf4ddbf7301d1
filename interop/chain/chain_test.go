package chain

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	_ "modernc.org/sqlite"

	"github.com/clewhq/clew/interop/internal/peer"
	"github.com/clewhq/clew/server/client"
)

// place is where a task comes from or goes to: a URL, a subject, the name of a row.
type place struct {
	Way string `json:"way"`
	At  string `json:"at"`
}

type task struct {
	Port int    `json:"port"`
	Name string `json:"name"`
	In   *place `json:"in"`
	Out  *place `json:"out"`
	NATS string `json:"nats"`
	DB   string `json:"db"`
}

// hop is a program of the chain, and how it is given its task.
type hop struct{ program, way string }

var (
	forth = []hop{{"typescript", ""}, {"go", "http"}, {"laminar", "queue"}, {"go", "row"}, {"mirascope", "http"}, {"go", "queue"}}
	back  = []hop{{"go", ""}, {"mirascope", "http"}, {"go", "queue"}, {"laminar", "row"}, {"go", "http"}, {"typescript", "queue"}}
)

func TestOneTraceGoesForthThroughAllOfThem(t *testing.T) { pass(t, forth) }

func TestOneTraceComesBackThroughAllOfThem(t *testing.T) { pass(t, back) }

// pass starts every hop, the last first, and holds what they sent against one line.
func pass(t *testing.T, hops []hop) {
	peer.Package{Registry: "npm", Name: "@lmnr-ai/lmnr", Locked: "lmnr-0.8"}.Check(t, t.Name())
	peer.Package{Registry: "PyPI", Name: "lmnr"}.Check(t, t.Name())
	peer.Package{Registry: "PyPI", Name: "mirascope"}.Check(t, t.Name())
	srv := peer.StartServer(t)
	dir := t.TempDir()
	worker := filepath.Join(dir, "worker")
	if out, err := exec.Command("go", "build", "-o", worker, "./worker").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	queue, db := startQueue(t), database(t, filepath.Join(dir, "tasks.db"))
	places := make([]*place, len(hops)+1) // how hop i gets its task; nobody gets the last
	names := make([]string, len(hops))
	for i, h := range hops {
		names[i] = string(rune('a'+i)) + " " + h.program
		at := names[i]
		switch h.way {
		case "":
			continue
		case "http":
			at = "http://" + peer.FreeAddr(t)
		case "queue":
			at = "tasks." + h.program + string(rune('a'+i))
		}
		places[i] = &place{h.way, at}
	}
	var waits []func()
	for i := len(hops) - 1; i >= 0; i-- {
		var p *peer.Program
		readyFile := filepath.Join(dir, names[i])
		switch hops[i].program {
		case "typescript":
			p = peer.Node(t, "chain/hop_laminar.mjs")
		case "laminar":
			p = peer.Python(t, "chain/hop_laminar.py")
		case "mirascope":
			p = peer.Python(t, "chain/hop_mirascope.py")
		default:
			p = &peer.Program{Path: []string{worker}}
		}
		p.Env = append(p.Env, "CLEW_RESULT="+readyFile)
		waits = append(waits, p.Start(t, task{srv.Port, names[i], places[i], places[i+1], queue, db}, nil))
		if places[i] != nil {
			await(t, readyFile+".ready")
		}
	}
	for _, wait := range waits {
		wait()
	}
	found, err := srv.Traces(t.Context(), client.Query{})
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%d traces, want 1: %v", len(found.Items), err)
	}
	tr := srv.Await(t, found.Items[0].TraceID, len(hops))
	tr.Line(t, names...)
	if tr.Trace.Trace.RootCount != 1 || tr.Trace.Trace.OrphanCount != 0 || len(tr.Breaks) != 0 {
		t.Errorf("%d roots, %d orphans, breaks %+v", tr.Trace.Trace.RootCount, tr.Trace.Trace.OrphanCount, tr.Breaks)
	}
	for i, name := range names {
		s := tr.Span(t, name)
		user := "chain-user"
		if hops[i].program == "mirascope" {
			user = "" // its spans have none, but what is behind it has
		}
		if s.SessionID != "chain-session" || s.UserID != user {
			t.Errorf("%s has session %q, user %q:\n%s", name, s.SessionID, s.UserID, tr)
		}
	}
}

func await(t *testing.T, file string) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not get ready", file)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func startQueue(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the queue is not ready")
	}
	return s.ClientURL()
}

func database(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE tasks (name TEXT PRIMARY KEY, context TEXT NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}
