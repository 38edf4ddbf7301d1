package clew

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
)

// defaultEndpoint is where a Clew server listens unless told otherwise.
const defaultEndpoint = "http://127.0.0.1:4318"

const tracesPath = "/v1/traces"

// fill puts in the defaults and reads the environment. The error is about an option; the environment's mistakes are
// logged.
func (c *setupConfig) fill() error {
	if c.logger == nil {
		c.logger = slog.Default()
	}
	if c.samplingErr != nil {
		return c.samplingErr
	}
	if c.endpoint != "" {
		u, err := parseEndpoint(c.endpoint)
		if err != nil {
			return fmt.Errorf("Endpoint: %w", err)
		}
		c.endpoint = u
	} else {
		c.fillEndpoint()
	}
	headers := map[string]string{}
	if key := os.Getenv("CLEW_KEY"); key != "" {
		headers["authorization"] = "Bearer " + key
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		c.addEnvHeaders(headers, name)
	}
	for name, value := range c.headers {
		headers[strings.ToLower(name)] = value
	}
	if c.apiKey != "" {
		headers["authorization"] = "Bearer " + c.apiKey
	}
	for name, value := range headers {
		if strings.ContainsAny(name+value, "\r\n\x00") {
			return fmt.Errorf("header %q: name or value holds a line break", name)
		}
	}
	c.headers = headers
	return nil
}

// fillEndpoint leaves a good environment to the exporter, which knows all of its rules, and replaces a bad one.
func (c *setupConfig) fillEndpoint() {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		value := strings.TrimSpace(os.Getenv(name))
		if value == "" {
			continue
		}
		u, err := parseEndpoint(value)
		if err != nil {
			c.logger.Warn("clew: an endpoint in the environment is ignored", "variable", name, "error", err)
			continue
		}
		if name == "OTEL_EXPORTER_OTLP_ENDPOINT" && !strings.HasSuffix(u, tracesPath) {
			u = strings.TrimRight(u, "/") + tracesPath // a base URL, whatever its path
		}
		c.endpoint = u
		return
	}
	if c.provider == nil {
		c.endpoint = defaultEndpoint + tracesPath
	}
}

func parseEndpoint(text string) (string, error) {
	if scheme, _, found := strings.Cut(strings.ToLower(text), "://"); !found || scheme != "http" && scheme != "https" {
		return "", fmt.Errorf("%q does not begin with http:// or https://", text)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", err
	case u.Host == "":
		return "", fmt.Errorf("%q has no host", text)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = tracesPath
	}
	return u.String(), nil
}

// addEnvHeaders reads the form name=value,name=value with percent-encoded values.
func (c *setupConfig) addEnvHeaders(headers map[string]string, variable string) {
	for pair := range strings.SplitSeq(os.Getenv(variable), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.ToLower(strings.TrimSpace(name)); !found || name == "" || err != nil || strings.ContainsAny(decoded, "\r\n\x00") {
			c.logger.Warn("clew: a header in the environment is ignored: it is not name=value", "variable", variable)
			continue
		}
		headers[name] = decoded
	}
}

// disabled implements OpenTelemetry's switch for everything.
func (c *setupConfig) disabled() bool {
	return strings.EqualFold(strings.TrimSpace(os.Getenv("OTEL_SDK_DISABLED")), "true")
}
