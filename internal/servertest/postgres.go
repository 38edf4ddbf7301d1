//go:build unix

package servertest

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// postgresPrograms is where Debian keeps them, by version: they are not in PATH.
const postgresPrograms = "/usr/lib/postgresql/*/bin"

// PostgreSQL runs a PostgreSQL server with an empty database. Its URL leads to a Unix socket and an owner without a
// password. PostgreSQL refuses to run as root, so then it runs as the user that its package made.
func PostgreSQL() (*Server, error) {
	initdb, err := find("initdb", "postgresql", postgresPrograms)
	if err != nil {
		return nil, err
	}
	program := filepath.Join(filepath.Dir(initdb), "postgres")
	owner, err := unprivileged("postgres")
	if err != nil {
		return nil, err
	}
	s, err := newServer("postgresql")
	if err != nil {
		return nil, err
	}
	if err := s.startPostgreSQL(initdb, program, owner); err != nil {
		_ = s.Stop()
		return nil, err
	}
	s.URL = "postgres:///postgres?user=clew&host=" + s.dir
	return s, nil
}

func (s *Server) startPostgreSQL(initdb, program string, owner *syscall.Credential) error {
	if owner != nil {
		if err := os.Chown(s.dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(s.dir, "data")
	env := []string{"LC_ALL=C", "HOME=" + s.dir} // it says what is waited for in English
	cmd := exec.Command(initdb, "-D", data, "-U", "clew", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions")
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), s.dir, &s.said, &s.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if err := cmd.Run(); err != nil {
		return s.failed(err)
	}
	// SIGINT is PostgreSQL's fast shutdown: it ends clients' connections instead of waiting for them.
	return s.start("database system is ready to accept connections", syscall.SIGINT, env, owner,
		program, "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "logging_collector=off")
}

// unprivileged returns the credential of a user if this process is root's, or else nil.
func unprivileged(name string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
