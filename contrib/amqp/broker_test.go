package clewamqp_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/clewhq/clew/internal/servertest"
)

// url is where RabbitMQ listens for the tests of this package.
var url string

func TestMain(m *testing.M) {
	broker, err := servertest.RabbitMQ()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	url = broker.URL
	code := m.Run()
	if err := broker.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
