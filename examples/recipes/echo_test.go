package recipes_test

import (
	"net/http/httptest"

	"github.com/labstack/echo/v4"

	"github.com/clewhq/clew"
)

// echo takes the middleware of net/http by WrapMiddleware. It tells its route to nobody, so a second middleware gives it to
// the span.
func Example_echo() {
	e := echo.New()
	e.Use(echo.WrapMiddleware(traced), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			clew.CurrentSpan(c.Request().Context()).SetName(c.Request().Method + " " + c.Path())
			return next(c)
		}
	})
	e.GET("/orders/:id", func(c echo.Context) error {
		ctx, span := clew.Start(c.Request().Context(), "load "+c.Param("id"))
		defer span.End()
		tell(ctx)
		return c.NoContent(204)
	})
	server := httptest.NewServer(e)

	get(server.URL + "/orders/7")
	server.Close()
	served()

	// Output:
	// ask > GET > GET > load 7 in session chat-7
	// served GET /orders/:id
}
