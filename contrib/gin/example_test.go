package clewgin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/clewhq/clew"
	clewgin "github.com/clewhq/clew/contrib/gin"
)

// The server continues the trace of whoever calls it.
func Example() {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(clewgin.Middleware())
	router.GET("/greet/:name", func(c *gin.Context) {
		session, _ := clew.SessionFrom(c.Request.Context())
		fmt.Printf("hello %s, session %s\n", c.Param("name"), session)
	})

	request := httptest.NewRequest(http.MethodGet, "/greet/ada", nil)
	request.Header.Set("X-Laminar-Span-Context",
		`{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"00000000-0000-0000-fedc-ba9876543210","sessionId":"chat-7"}`)
	router.ServeHTTP(httptest.NewRecorder(), request)

	// Output:
	// hello ada, session chat-7
}
