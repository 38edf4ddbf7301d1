package server

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Config is how the server runs. Make one with [Defaults] or [Parse].
type Config struct {
	Listen     string        // host:port of the UI, the API and OTLP over HTTP and gRPC
	ListenGRPC string        // host:port that serves the same for SDKs that look there; "" for none
	Data       string        // data directory; made when missing
	Store      string        // storage engine, a name of the table in engines.go
	Prices     string        // file of prices that are asked before the embedded ones; "" for none
	Key        string        // required of every client; "" is allowed on loopback only
	MaxBody    int64         // bytes of one request after decompression
	MaxPending int64         // bytes that may wait for their commit; beyond, clients are told to retry
	Retention  time.Duration // traces without activity for longer are deleted; 0 keeps them
	MaxSize    int64         // bytes of the store; beyond, the longest idle traces are deleted; 0 is no limit
	Grace      time.Duration // how long a shutdown waits for running requests
	LogLevel   slog.Level
	LogFormat  string // "text" or "json"
}

// setting is one line of the table of settings: a flag, its environment
// variable, and where it goes.
type setting struct {
	name, env, value, help string // value is the default
	set                    func(*Config, string) error
}

// settings is THE TABLE of settings. A flag beats its variable, which beats the
// default.
var settings = []setting{
	{"listen", "CLEW_LISTEN", "127.0.0.1:4318", "`host:port` of the UI, the API and OTLP (HTTP and gRPC)",
		func(c *Config, v string) error { c.Listen = v; return nil }},
	{"listen-grpc", "CLEW_LISTEN_GRPC", "auto", "a second `host:port` for OTLP/gRPC, where SDKs look; auto is port 4317 on the host of --listen, off is none",
		func(c *Config, v string) error { c.ListenGRPC = v; return nil }},
	{"data", "CLEW_DATA", "clew-data", "data `directory`, made when missing",
		func(c *Config, v string) error { c.Data = v; return nil }},
	{"store", "CLEW_STORE", "sqlite", "storage `engine`: " + strings.Join(engineNames(), ", "),
		func(c *Config, v string) error { c.Store = v; return nil }},
	{"prices", "CLEW_PRICES", "", "`file` of prices that are asked before the embedded ones, in the format of genai-prices or of LiteLLM",
		func(c *Config, v string) error { c.Prices = v; return nil }},
	{"key", "CLEW_KEY", "", "`key` that clients must send as a bearer token; required off loopback",
		func(c *Config, v string) error { c.Key = v; return nil }},
	{"max-body", "CLEW_MAX_BODY", "64MiB", "largest request after decompression, as `bytes`, KiB, MiB or GiB",
		func(c *Config, v string) (err error) { c.MaxBody, err = parseBytes(v); return err }},
	{"max-pending", "CLEW_MAX_PENDING", "256MiB", "most `bytes` that may wait for their commit before clients are told to retry",
		func(c *Config, v string) (err error) { c.MaxPending, err = parseBytes(v); return err }},
	{"retention", "CLEW_RETENTION", "off", "delete traces in which nothing happened for this `duration`, such as 30d or 12h; off keeps them",
		func(c *Config, v string) (err error) { c.Retention, err = parseAge(v); return err }},
	{"max-size", "CLEW_MAX_SIZE", "off", "delete the longest idle traces when the store has more `bytes` than this (KiB, MiB, GiB); off is no limit",
		func(c *Config, v string) (err error) {
			if c.MaxSize = 0; v != "off" {
				c.MaxSize, err = parseBytes(v)
			}
			return err
		}},
	{"grace", "CLEW_GRACE", "10s", "how long a shutdown waits for running requests, as a `duration`",
		func(c *Config, v string) (err error) {
			if c.Grace, err = time.ParseDuration(v); err == nil && c.Grace < 0 {
				err = errors.New("it is below 0")
			}
			return err
		}},
	{"log-level", "CLEW_LOG_LEVEL", "info", "lowest `level` that is logged: debug, info, warn, error",
		func(c *Config, v string) error {
			if c.LogLevel.UnmarshalText([]byte(v)) != nil {
				return errors.New("want one of debug, info, warn, error")
			}
			return nil
		}},
	{"log-format", "CLEW_LOG_FORMAT", "text", "`format` of log lines: text or json",
		func(c *Config, v string) error { c.LogFormat = v; return nil }},
}

// Defaults returns the configuration that `clew serve` has without flags and
// variables.
func Defaults() Config {
	var c Config
	for _, s := range settings {
		if err := s.set(&c, s.value); err != nil {
			panic(fmt.Sprintf("default of --%s: %v", s.name, err))
		}
	}
	c.resolve()
	return c
}

// Parse reads flags from args and the rest from getenv; fs has the operands
// afterwards. Its errors name the flag or the variable. A request for help is printed to the set's output and
// returned as [flag.ErrHelp].
func Parse(fs *flag.FlagSet, args []string, getenv func(string) string) (Config, error) {
	var c Config
	for _, s := range settings {
		if err := s.set(&c, s.value); err != nil {
			return c, fmt.Errorf("--%s: %w", s.name, err)
		}
		if v := getenv(s.env); v != "" {
			if err := s.set(&c, v); err != nil {
				return c, fmt.Errorf("%s=%q: %w", s.env, v, err)
			}
		}
		help := s.help + " [" + s.env + "]"
		if s.value != "" {
			help += " (default " + s.value + ")"
		}
		fs.Func(s.name, help, func(v string) error { return s.set(&c, v) })
	}
	if err := fs.Parse(args); err != nil {
		return c, err
	}
	c.resolve()
	return c, c.validate()
}

// resolve replaces "auto" and "off".
func (c *Config) resolve() {
	switch c.ListenGRPC {
	case "auto":
		host, _, err := net.SplitHostPort(c.Listen)
		if err != nil {
			host = c.Listen
		}
		c.ListenGRPC = net.JoinHostPort(host, "4317")
	case "off":
		c.ListenGRPC = ""
	}
}

func (c *Config) validate() error {
	for _, l := range []struct{ flag, addr string }{{"listen", c.Listen}, {"listen-grpc", c.ListenGRPC}} {
		if l.addr == "" && l.flag == "listen-grpc" {
			continue
		}
		if _, _, err := net.SplitHostPort(l.addr); err != nil {
			return fmt.Errorf("--%s %q: want host:port, for example 127.0.0.1:4318", l.flag, l.addr)
		}
		if c.Key == "" && !loopback(l.addr) {
			return fmt.Errorf("--%s %s can be reached from other machines: set a key with --key or CLEW_KEY, or listen on 127.0.0.1", l.flag, l.addr)
		}
	}
	if c.Key != strings.TrimSpace(c.Key) || strings.ContainsFunc(c.Key, unicode.IsControl) {
		return errors.New("--key begins or ends with a space, or has a control character such as a line's end: no header can carry it")
	}
	if !slices.Contains(engineNames(), c.Store) {
		return fmt.Errorf("--store %q: want one of %s", c.Store, strings.Join(engineNames(), ", "))
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return fmt.Errorf("--log-format %q: want text or json", c.LogFormat)
	}
	if c.Data == "" {
		return errors.New("--data: want a directory")
	}
	return nil
}

// loopback reports whether addr (host:port) can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// parseBytes reads a number of bytes with an optional unit.
func parseBytes(v string) (int64, error) {
	number, unit := v, int64(1)
	for suffix, u := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if n, ok := strings.CutSuffix(v, suffix); ok {
			number, unit = strings.TrimSpace(n), u
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/unit {
		return 0, fmt.Errorf("%q: want a number of bytes, or one with KiB, MiB or GiB", v)
	}
	return n * unit, nil
}

// parseAge reads a duration, which may be in days; off is 0.
func parseAge(v string) (time.Duration, error) {
	if v == "off" {
		return 0, nil
	}
	d, err := time.ParseDuration(v)
	if days, ok := strings.CutSuffix(v, "d"); ok {
		var n int
		if n, err = strconv.Atoi(days); n > 36500 {
			err = strconv.ErrRange
		}
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q: want a duration above 0 such as 30d or 12h, or off", v)
	}
	return d, nil
}

// url returns where a person opens the UI when the server listens on addr.
func url(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
