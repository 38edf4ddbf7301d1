package clewfiber_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gofiber/fiber/v3"

	"github.com/clewhq/clew"
	clewfiber "github.com/clewhq/clew/contrib/fiber"
)

// The server continues the trace of whoever calls it.
func Example() {
	app := fiber.New()
	app.Use(clewfiber.Middleware())
	app.Get("/greet/:name", func(c fiber.Ctx) error {
		session, _ := clew.SessionFrom(c.Context())
		fmt.Printf("hello %s, session %s\n", c.Params("name"), session)
		return nil
	})

	request := httptest.NewRequest(http.MethodGet, "/greet/ada", nil)
	request.Header.Set("X-Laminar-Span-Context",
		`{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"00000000-0000-0000-fedc-ba9876543210","sessionId":"chat-7"}`)
	response, err := app.Test(request)
	if err != nil {
		panic(err)
	}
	_ = response.Body.Close()

	// Output:
	// hello ada, session chat-7
}
