//go:build unix

package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a server may take to start, or to stop when it was told to. It is for machines that are busy
// with other things; nothing waits this long where all is well.
const patience = 4 * time.Minute

// Server is a running server.
type Server struct {
	URL string // for its client library

	name    string
	dir     string // removed by Stop
	said    output
	running []*process // in the order of their starts
}

// process is one process group of a server.
type process struct {
	cmd   *exec.Cmd
	stop  syscall.Signal
	ended chan struct{} // closed when err is known
	err   error
}

func newServer(name string) (*Server, error) {
	// Not in a folder of the test: a server that runs as another user could not enter that, and a path of a socket may
	// have no more than 107 bytes.
	dir, err := os.MkdirTemp("", "clew-"+name)
	if err != nil {
		return nil, err
	}
	return &Server{name: name, dir: dir}, nil
}

// Stop ends the server and removes what it wrote. The error is about a server that does not end as it should, and holds
// what it said.
func (s *Server) Stop() error {
	var errs []error
	for _, p := range slices.Backward(s.running) {
		_ = syscall.Kill(-p.cmd.Process.Pid, p.stop)
		select {
		case <-p.ended:
		case <-time.After(patience):
			errs = append(errs, fmt.Errorf("%s did not end within %v of %v", p.cmd.Path, patience, p.stop))
		}
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what it left behind, too
		<-p.ended
		if p.stop != syscall.SIGKILL && p.err != nil {
			errs = append(errs, p.err)
		}
	}
	s.running = nil
	errs = append(errs, os.RemoveAll(s.dir))
	return s.failed(errors.Join(errs...))
}

// failed adds to an error which server it is about and what that said.
func (s *Server) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w\n%s", s.name, err, s.said.String())
}

// start starts a process and waits until it says the word. Stop ends it by the signal.
func (s *Server) start(word string, stop syscall.Signal, env []string, owner *syscall.Credential, args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = &s.said, &s.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: owner} // a group, because some start others
	cmd.WaitDelay = patience
	heard := s.said.expect(word)
	if err := cmd.Start(); err != nil {
		return s.failed(err)
	}
	p := &process{cmd: cmd, stop: stop, ended: make(chan struct{})}
	go func() { p.err = cmd.Wait(); close(p.ended) }()
	s.running = append(s.running, p)
	select {
	case <-heard:
		return nil
	case <-p.ended:
		return s.failed(fmt.Errorf("it ended before it was ready: %w", errors.Join(errEnded, p.err)))
	case <-time.After(patience):
		return s.failed(fmt.Errorf("it did not say %q within %v", word, patience))
	}
}

// errEnded is why a server that lost a race for its port can be tried again.
var errEnded = errors.New("process ended")

// output is what a server says. It is safe for concurrent use.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	from  int // where in the text word may begin
	word  string
	heard chan struct{}
}

// expect returns a channel that is closed when word is said from now on.
func (o *output) expect(word string) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.from, o.word, o.heard = o.text.Len(), word, make(chan struct{})
	return o.heard
}

// Write never fails.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if o.word != "" && bytes.Contains(o.text.Bytes()[o.from:], []byte(o.word)) {
		close(o.heard)
		o.word = ""
	}
	return len(p), nil
}

// String is all that was said.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// find returns the path of a program, looked for where its package may keep it, which is better than what is in PATH, and
// then in PATH.
func find(program, debianPackage string, places ...string) (string, error) {
	for _, place := range places {
		found, err := filepath.Glob(filepath.Join(place, program))
		if err == nil && len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("no %s on this machine: install it ('make deps', or apt-get install %s)", program, debianPackage)
}

// freePorts returns ports that nobody listens on. Somebody else may be faster than the server that is to use them.
func freePorts(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		out = append(out, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return out, nil
}

// line returns what follows prefix in the first line of text that begins with it.
func line(text, prefix string) string {
	for l := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(l), prefix); ok {
			return rest
		}
	}
	return ""
}
