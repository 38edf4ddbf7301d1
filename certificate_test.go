package clew_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew"
)

// certificate makes one that nobody else has signed, with its key, and writes both to files.
func certificate(t *testing.T) (cert *x509.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	is := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, is, is, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return cert, pemFile(t, "CERTIFICATE", der), pemFile(t, "PRIVATE KEY", secret)
}

func pemFile(t *testing.T, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCertificatesOfTheEnvironmentAreUsed(t *testing.T) {
	cert, certFile, keyFile := certificate(t)
	asking := &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool()}
	asking.ClientCAs.AddCert(cert)
	for name, tc := range map[string]struct {
		server    *tls.Config
		env       map[string]string
		untrusted bool
		opts      []clew.Option
		sent      uint64
		log       string
	}{
		"a server's":            {sent: 1},
		"a server nobody knows": {untrusted: true, log: "certificate"},
		"a client's, named by the environment": {
			server: asking, opts: []clew.Option{clew.ClientCertificate("", "")}, sent: 1,
			env: map[string]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certFile, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": keyFile},
		},
		"a client's, named by the program": {
			server: asking, opts: []clew.Option{clew.ClientCertificate(certFile, keyFile)}, sent: 1,
			env: map[string]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "elsewhere.pem"},
		},
		"a client's without the option": {
			server: asking, log: "need the option ClientCertificate",
			env: map[string]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certFile, "OTEL_EXPORTER_OTLP_CLIENT_KEY": keyFile},
		},
		"a client's that is not there": {server: asking, opts: []clew.Option{clew.ClientCertificate("", "")}, log: "requests go without one"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
			server.TLS = tc.server.Clone()
			server.StartTLS()
			defer server.Close()
			if !tc.untrusted {
				t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", pemFile(t, "CERTIFICATE", server.Certificate().Raw))
			}
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			var log bytes.Buffer
			shutdown, err := clew.Setup(t.Context(), append(tc.opts, clew.Endpoint(server.URL), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))...)
			if err != nil {
				t.Fatal(err)
			}
			clew.StartDetached(t.Context(), "s").End()
			err = shutdown(t.Context())
			if got := clew.Stats().Sent; got != tc.sent || (err == nil) != (tc.sent > 0) || !strings.Contains(log.String(), tc.log) {
				t.Errorf("%d spans sent, %v, and said %s", got, err, log.String())
			}
		})
	}
}
