package clew

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/export"
)

// A RequestSender delivers encoded OTLP requests to an endpoint; see SendWith.
type RequestSender = export.Sender

// SendError is what a RequestSender returns to say that a request may be tried again, and when, or what became of it.
type SendError = export.SendError

// SendWith delivers requests in another way than OTLP over HTTP; package contrib/otlpgrpc has one. Batches, retries, bounds
// and the spool are as ever. Options about the endpoint have no effect.
func SendWith(s RequestSender) Option {
	return setupOption(func(c *setupConfig) { c.sender = s })
}

// minSpool is the smallest spool, in bytes.
const minSpool = 1 << 20

// DiskSpool keeps spans in files below dir until they are sent, so that they survive an outage of the server and the end of
// this process, however it ends; whoever starts next with the same directory sends them, in their order and each once.
// Several processes may share it. A span is in the file when End returns, unless the disk is stuck for a tenth of a
// second: End then takes some microseconds longer. The files take maxBytes at most, 0 for 256 MiB; less than 1 MiB is an
// error of Setup. When they are full the oldest spans make room, and are counted. Shutdown does not wait for a server that is
// away.
//
// The directory is made if need be. If it cannot be used, that is logged and spans wait in memory.
func DiskSpool(dir string, maxBytes int64) Option {
	if maxBytes == 0 {
		maxBytes = 256 << 20
	}
	return setupOption(func(c *setupConfig) { c.spool = export.OnDisk(dir, maxBytes) })
}

// exporter is the processor that sends spans.
type exporter interface {
	sdktrace.SpanProcessor
	Stats() ExportStats
}

// newExporter returns nil when nothing is to be exported: the user's provider exports already, or the environment says
// none.
func (c *setupConfig) newExporter() (exporter, error) {
	switch {
	case c.queueSpans < 0 || c.queueBytes < 0:
		return nil, errors.New("Queue: a bound is negative")
	case c.spool.Open != nil && c.spool.Bytes < minSpool:
		return nil, fmt.Errorf("DiskSpool: %d bytes are less than %d", c.spool.Bytes, minSpool)
	case c.foreign != nil:
		return c.foreign(c.limits(), c.logger), nil
	case c.sender == nil && (c.endpoint == "" || os.Getenv("OTEL_TRACES_EXPORTER") == "none"):
		return nil, nil
	}
	sender := c.sender
	if sender == nil {
		sender = c.httpSender()
	}
	p, err := export.New(export.Config{
		Sender: sender, Limits: c.limits(), Logger: c.logger, Spool: c.spool, Heartbeat: c.heartbeat,
	})
	if err != nil { // it may be the disk's fault, or that of the rights of this run: no reason not to send
		c.logger.Warn("clew: DiskSpool: spans are kept in memory only", "error", err)
	}
	return p, nil
}

func (c *setupConfig) httpSender() *export.HTTP {
	if p := traceVariable("PROTOCOL"); p != "" && p != "http/protobuf" {
		c.logger.Warn("clew: OTEL_EXPORTER_OTLP_PROTOCOL is ignored: spans are sent as http/protobuf; for gRPC see SendWith", "value", p)
	}
	zip := !export.OnLoopback(c.endpoint)
	switch how := traceVariable("COMPRESSION"); how {
	case "":
	case "gzip", "none":
		zip = how == "gzip"
	default:
		c.logger.Warn("clew: OTEL_EXPORTER_OTLP_COMPRESSION is ignored: it is neither gzip nor none", "value", how)
	}
	return &export.HTTP{
		URL: c.endpoint, Headers: c.headers, Client: c.client, TLS: c.environmentTLS(), Gzip: zip, UserAgent: "clew-go/" + Version,
	}
}

// traceVariable returns a variable of OTLP exporters, that of traces before that of all signals.
func traceVariable(name string) string {
	if v := strings.TrimSpace(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_" + name)); v != "" {
		return v
	}
	return strings.TrimSpace(os.Getenv("OTEL_EXPORTER_OTLP_" + name))
}

// ClientCertificate presents a certificate to an endpoint that asks for one. The files are PEM; "" stands for those that
// OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY name, or their like for traces. They are read by
// Setup. If they cannot be, that is logged, and requests go without a certificate. With HTTPClient it has no effect.
//
// Unlike other variables of exporters these need an option, because only a program that has it links the code that signs,
// 170 KB.
func ClientCertificate(certFile, keyFile string) Option {
	return setupOption(func(c *setupConfig) {
		c.certificate = func() (tls.Certificate, error) {
			return tls.LoadX509KeyPair(
				cmp.Or(certFile, traceVariable("CLIENT_CERTIFICATE")), cmp.Or(keyFile, traceVariable("CLIENT_KEY")))
		}
	})
}

// environmentTLS reads the certificates that the environment and ClientCertificate name; nil if they name none.
func (c *setupConfig) environmentTLS() *tls.Config {
	var t tls.Config
	var set bool
	if file := traceVariable("CERTIFICATE"); file != "" {
		pem, err := os.ReadFile(file)
		t.RootCAs = x509.NewCertPool()
		if err == nil && !t.RootCAs.AppendCertsFromPEM(pem) {
			err = fmt.Errorf("%s holds no certificate", file)
		}
		if set = err == nil; !set {
			t.RootCAs = nil
			c.logger.Warn("clew: OTEL_EXPORTER_OTLP_CERTIFICATE is ignored", "error", err)
		}
	}
	switch {
	case c.certificate != nil:
		pair, err := c.certificate()
		if err != nil {
			c.logger.Warn("clew: ClientCertificate: requests go without one", "error", err)
			break
		}
		t.Certificates, set = []tls.Certificate{pair}, true
	case traceVariable("CLIENT_CERTIFICATE") != "" || traceVariable("CLIENT_KEY") != "":
		c.logger.Warn("clew: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and CLIENT_KEY are ignored: they need the option ClientCertificate")
	}
	if !set {
		return nil
	}
	return &t
}
