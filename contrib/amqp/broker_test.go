package clewamqp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// url is where RabbitMQ listens for the tests of this package.
var url string

func TestMain(m *testing.M) {
	code := 1
	stop, err := startBroker()
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	stop()
	os.Exit(code)
}

// startBroker runs a RabbitMQ server of its own, with its data in a temporary folder.
func startBroker() (stop func(), err error) {
	var cleanup []func()
	stop = func() {
		for i := len(cleanup) - 1; i >= 0; i-- {
			cleanup[i]()
		}
	}
	server, err := find("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
	if err != nil {
		return stop, err
	}
	mapper, err := find("epmd")
	if err != nil {
		return stop, err
	}
	dir, err := os.MkdirTemp("", "clewamqp")
	if err != nil {
		return stop, err
	}
	cleanup = append(cleanup, func() { _ = os.RemoveAll(dir) })
	ports, err := freePorts(3)
	if err != nil {
		return stop, err
	}
	env := append(os.Environ(), "HOME="+dir, "ERL_EPMD_PORT="+ports[0], "ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_NODENAME=clew"+ports[1]+"@localhost", "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1", "RABBITMQ_NODE_PORT="+ports[1],
		"RABBITMQ_DIST_PORT="+ports[2], "RABBITMQ_LOGS=-")
	for _, name := range []string{
		"MNESIA_BASE", "LOG_BASE", "ENABLED_PLUGINS_FILE", "CONF_ENV_FILE", "CONFIG_FILE", "ADVANCED_CONFIG_FILE",
		"FEATURE_FLAGS_FILE", "PID_FILE", "GENERATED_CONFIG_DIR",
	} {
		env = append(env, "RABBITMQ_"+name+"="+filepath.Join(dir, name))
	}
	if err := os.WriteFile(filepath.Join(dir, "ENABLED_PLUGINS_FILE"), []byte("[]."), 0o600); err != nil {
		return stop, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return stop, err
	}
	cleanup = append(cleanup, func() { _ = log.Close() })
	var exited <-chan struct{}
	for _, args := range [][]string{{mapper, "-port", ports[0]}, {server}} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it starts others
		if err := cmd.Start(); err != nil {
			return stop, fmt.Errorf("start %s: %w", args[0], err)
		}
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		cleanup = append(cleanup, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-done })
		exited = done
	}
	url = "amqp://guest:guest@127.0.0.1:" + ports[1] + "/"
	if err := ready(exited); err != nil {
		_, _ = log.Seek(0, io.SeekStart)
		text, _ := io.ReadAll(log)
		return stop, fmt.Errorf("RabbitMQ does not start: %w\n%s", err, text)
	}
	return stop, nil
}

func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s on this machine: the tests of contrib/amqp need a RabbitMQ server ('apt-get install rabbitmq-server')", names[len(names)-1])
}

// ready waits until the server accepts clients.
func ready(exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := amqp.Dial(url)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-exited:
			return errors.New("the server exited")
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

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
