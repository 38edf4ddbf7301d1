//go:build unix

package servertest

import (
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
)

func TestAServerIsReadyWhenItIsReturnedAndLeavesNothingBehind(t *testing.T) {
	for name, tc := range map[string]struct {
		run   func() (*Server, error)
		hello string // what a client says first
		want  string // how the answer begins
	}{
		"redis":      {Redis, "PING\r\n", "+PONG"},
		"postgresql": {PostgreSQL, "\x00\x00\x00\x08\x04\xd2\x16\x2f", "N"}, // SSLRequest: no
		"rabbitmq":   {RabbitMQ, "AMQP\x00\x00\x09\x01", "\x01"},            // a method frame: connection.start
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := tc.run()
			if err != nil {
				t.Fatal(err)
			}
			answer := ask(t, s.URL, tc.hello)
			dir := s.dir
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if !strings.HasPrefix(answer, tc.want) {
				t.Errorf("answered %q", answer)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("%s is still there: %v", dir, err)
			}
		})
	}
}

func ask(t *testing.T, address, hello string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	network, at := "tcp", u.Host
	switch u.Scheme {
	case "unix":
		network, at = "unix", u.Path
	case "postgres":
		network, at = "unix", u.Query().Get("host")+"/.s.PGSQL.5432"
	}
	conn, err := net.Dial(network, at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer[:n])
}

func TestAMissingServerIsNamedWithItsPackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Redis(); err == nil || !strings.Contains(err.Error(), "no redis-server") || !strings.Contains(err.Error(), "apt-get install redis-server") {
		t.Errorf("got %v", err)
	}
	if _, err := find("initdb", "postgresql", t.TempDir()); err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatEndsAtOnceTellsWhatItSaid(t *testing.T) {
	s, err := newServer("false")
	if err != nil {
		t.Fatal(err)
	}
	err = s.start("ready", 15, nil, nil, "/bin/sh", "-c", "echo no such option; exit 3")
	if err == nil || !strings.Contains(err.Error(), "no such option") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("Stop: %v", err)
	}
}
