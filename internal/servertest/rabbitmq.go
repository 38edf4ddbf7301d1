//go:build unix

package servertest

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// RabbitMQ runs a RabbitMQ server without plugins. Its URL is one of AMQP 0-9-1.
func RabbitMQ() (*Server, error) {
	// The one in PATH is a script that changes to another user.
	program, err := find("rabbitmq-server", "rabbitmq-server", "/usr/lib/rabbitmq/bin")
	if err != nil {
		return nil, err
	}
	mapper, err := find("epmd", "erlang-base")
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		s, err := startRabbitMQ(program, mapper)
		if err == nil || attempt == 3 || !errors.Is(err, errEnded) {
			return s, err
		}
	}
}

// startRabbitMQ makes one attempt: all of RabbitMQ's ports have to be chosen beforehand, and another program may take one.
func startRabbitMQ(program, mapper string) (*Server, error) {
	s, err := newServer("rabbitmq")
	if err != nil {
		return nil, err
	}
	if err := s.bootRabbitMQ(program, mapper); err != nil {
		_ = s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) bootRabbitMQ(program, mapper string) error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	env := []string{
		"HOME=" + s.dir, "ERL_EPMD_PORT=" + ports[0], "ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_NODENAME=clew" + ports[1] + "@localhost", "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		"RABBITMQ_NODE_PORT=" + ports[1], "RABBITMQ_DIST_PORT=" + ports[2], "RABBITMQ_LOGS=-",
	}
	for _, name := range []string{
		"MNESIA_BASE", "LOG_BASE", "ENABLED_PLUGINS_FILE", "CONF_ENV_FILE", "CONFIG_FILE", "ADVANCED_CONFIG_FILE",
		"FEATURE_FLAGS_FILE", "PID_FILE", "GENERATED_CONFIG_DIR",
	} {
		env = append(env, "RABBITMQ_"+name+"="+filepath.Join(s.dir, name))
	}
	if err := os.WriteFile(filepath.Join(s.dir, "ENABLED_PLUGINS_FILE"), []byte("[]."), 0o600); err != nil {
		return err
	}
	// Neither is asked to end by itself: that takes seconds, and nobody wants the data.
	// The mapper comes first: RabbitMQ would start one that nobody ends.
	if err := s.start("entering the main select() loop", syscall.SIGKILL, env, nil, mapper, "-d", "-d", "-port", ports[0]); err != nil {
		return err
	}
	if err := s.start("Server startup complete", syscall.SIGKILL, env, nil, program); err != nil {
		return err
	}
	s.URL = "amqp://guest:guest@127.0.0.1:" + ports[1] + "/"
	return nil
}
