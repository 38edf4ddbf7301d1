package clewfiber_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
	clewfiber "github.com/clewhq/clew/contrib/fiber"
)

// serve runs app on a port of its own and returns its URL.
func serve(t testing.TB, app *fiber.App) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

func get(t testing.TB, ctx context.Context, url string, transport http.RoundTripper) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", "test")
	req.Close = true // so that the server can be shut down at once
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// server waits for the one span of a server.
func server(r *clewtest.Recorder) clewtest.Span {
	return r.Wait(1, "of a server", func(s clewtest.Span) bool { return s.SpanKind == trace.SpanKindServer })[0]
}

func TestARequestIsOneTrace(t *testing.T) {
	r := clewtest.Record(t)
	app := fiber.New()
	app.Use(clewfiber.Middleware())
	app.Group("/api").Get("/users/:id", func(c fiber.Ctx) error {
		ctx, span := clew.Start(c.Context(), "work")
		defer span.End()
		session, _ := clew.SessionFrom(ctx)
		return c.Status(201).SendString(c.Params("id") + " in " + session)
	})
	url := serve(t, app)
	status, body := get(t, clew.WithSession(t.Context(), "chat-7"), url+"/api/users/7?q=1", clewhttp.Transport(nil))
	if status != 201 || body != "7 in chat-7" {
		t.Fatalf("%d %q", status, body)
	}
	s := server(r)
	r.WantChild(s, r.Span("GET"))
	r.WantChild(r.Span("work"), s)
	got := []string{
		s.Name, s.Attr("http.route"), s.Attr("http.response.status_code"), s.Attr("url.path"), s.Attr("url.scheme"),
		s.Attr("server.address"), s.Attr("user_agent.original"), s.Attr("network.protocol.version"),
	}
	want := []string{"GET /api/users/:id", "/api/users/:id", "201", "/api/users/7", "http", "127.0.0.1", "test", "1.1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestHowRequestsEnd(t *testing.T) {
	inside := []any{clewfiber.Middleware(), recover.New()}
	for name, tc := range map[string]struct {
		handler    fiber.Handler
		middleware []any
		path       string
		name       string
		status     string
		code       codes.Code
		answer     int
	}{
		"no such route":          {func(fiber.Ctx) error { return nil }, nil, "/other", "GET", "404", codes.Unset, 404},
		"nothing written":        {func(fiber.Ctx) error { return nil }, nil, "/x", "GET /x", "200", codes.Unset, 200},
		"a client's error":       {func(fiber.Ctx) error { return fiber.ErrBadRequest }, nil, "/x", "GET /x", "400", codes.Unset, 400},
		"the server's error":     {func(c fiber.Ctx) error { return c.SendStatus(503) }, nil, "/x", "GET /x", "503", codes.Error, 503},
		"an error of the code":   {func(fiber.Ctx) error { return errors.New("boom") }, nil, "/x", "GET /x", "500", codes.Error, 500},
		"a panic caught inside":  {func(fiber.Ctx) error { panic("boom") }, inside, "/x", "GET /x", "500", codes.Error, 500},
		"a panic caught outside": {func(fiber.Ctx) error { panic("boom") }, []any{recover.New(), clewfiber.Middleware()}, "/x", "GET", "", codes.Error, 500},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			if tc.middleware == nil {
				tc.middleware = []any{clewfiber.Middleware()}
			}
			app := fiber.New()
			for _, m := range tc.middleware {
				app.Use(m)
			}
			app.Get("/x", tc.handler)
			if status, _ := get(t, t.Context(), serve(t, app)+tc.path, nil); status != tc.answer {
				t.Errorf("the client got %d", status)
			}
			s := server(r)
			if s.Name != tc.name || s.Attr("http.response.status_code") != tc.status || s.Status.Code != tc.code {
				t.Errorf("name %q, status %q, %v", s.Name, s.Attr("http.response.status_code"), s.Status)
			}
		})
	}
}

func TestStreamsKeepFlowing(t *testing.T) {
	r := clewtest.Record(t)
	app := fiber.New()
	app.Use(clewfiber.Middleware())
	next := make(chan string)
	app.Get("/stream", func(c fiber.Ctx) error {
		ctx := c.Context()
		return c.SendStreamWriter(func(w *bufio.Writer) {
			_, span := clew.Start(ctx, "write")
			defer span.End()
			for line := range next {
				if _, err := w.WriteString(line + "\n"); err != nil {
					t.Error(err)
				}
				if err := w.Flush(); err != nil {
					t.Error(err)
				}
			}
		})
	})
	url := serve(t, app)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	answer := make(chan *http.Response, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
		}
		answer <- resp
	}()
	next <- "one"
	resp := <-answer
	if resp == nil {
		return
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	for i, line := range []string{"one", "two"} {
		if i > 0 {
			next <- line
		}
		if !lines.Scan() || lines.Text() != line {
			t.Fatalf("got %q: %v", lines.Text(), lines.Err())
		}
	}
	close(next)
	if lines.Scan() {
		t.Errorf("got %q", lines.Text())
	}
	r.WantChild(r.Span("write"), r.Span("GET /stream"))
}

func TestTheContextOfOuterMiddlewareStaysTheirs(t *testing.T) {
	clewtest.Record(t)
	var after trace.SpanContext
	app := fiber.New()
	app.Use(func(c fiber.Ctx) error {
		err := c.Next()
		after = trace.SpanContextFromContext(c.Context())
		return err
	})
	app.Use(clewfiber.Middleware())
	app.Get("/x", func(fiber.Ctx) error { return nil })
	get(t, t.Context(), serve(t, app)+"/x", nil)
	if after.IsValid() {
		t.Errorf("an ended span is current: %v", after)
	}
}

func TestNamesOfHeadersAreFoundInAnyCase(t *testing.T) {
	r := clewtest.Record(t)
	app := fiber.New(fiber.Config{DisableHeaderNormalizing: true})
	app.Use(clewfiber.Middleware())
	app.Get("/x", func(fiber.Ctx) error { return nil })
	url := serve(t, app)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const head = "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\ntracePARENT: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	if s := server(r); s.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("parent %v", s.Parent.SpanID())
	}
}
