package clewgin_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
	clewgin "github.com/clewhq/clew/contrib/gin"
)

func serve(t testing.TB, routes func(*gin.Engine), middleware ...gin.HandlerFunc) string {
	t.Helper()
	gin.SetMode(gin.TestMode)
	router := gin.New()
	router.Use(middleware...)
	routes(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return server.URL
}

func get(t testing.TB, req *http.Request, client *http.Client) *http.Response {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func request(t testing.TB, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// server waits for the one span of a server.
func server(r *clewtest.Recorder) clewtest.Span {
	return r.Wait(1, "of a server", func(s clewtest.Span) bool { return s.SpanKind == trace.SpanKindServer })[0]
}

func TestARequestIsOneTrace(t *testing.T) {
	r := clewtest.Record(t)
	url := serve(t, func(router *gin.Engine) {
		router.GET("/users/:id", func(c *gin.Context) {
			ctx, span := clew.Start(c.Request.Context(), "work")
			defer span.End()
			session, _ := clew.SessionFrom(ctx)
			c.String(http.StatusCreated, "%s in %s", c.Param("id"), session)
		})
	}, clewgin.Middleware())
	req := request(t, url+"/users/7")
	req = req.WithContext(clew.WithSession(req.Context(), "chat-7"))
	resp := get(t, req, &http.Client{Transport: clewhttp.Transport(nil)})
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "7 in chat-7" {
		t.Fatalf("%q, %v", body, err)
	}
	s := server(r)
	r.WantChild(s, r.Span("GET"))
	r.WantChild(r.Span("work"), s)
	got := []string{s.Name, s.Attr("http.route"), s.Attr("http.response.status_code"), s.Attr("url.path")}
	if diff := cmp.Diff([]string{"GET /users/:id", "/users/:id", "201", "/users/7"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestHowRequestsEnd(t *testing.T) {
	boom := errors.New("boom")
	for name, tc := range map[string]struct {
		handler     gin.HandlerFunc
		middleware  []gin.HandlerFunc
		path        string
		name        string
		status      string
		code        codes.Code
		event       string
		wantRequest int
	}{
		"no such route":            {func(*gin.Context) {}, nil, "/other", "GET", "404", codes.Unset, "", 404},
		"nothing written":          {func(*gin.Context) {}, nil, "/x", "GET /x", "200", codes.Unset, "", 200},
		"a status without a body":  {func(c *gin.Context) { c.Status(204) }, nil, "/x", "GET /x", "204", codes.Unset, "", 204},
		"a client's error":         {func(c *gin.Context) { _ = c.AbortWithError(400, boom) }, nil, "/x", "GET /x", "400", codes.Unset, "", 400},
		"the server's error":       {func(c *gin.Context) { _ = c.AbortWithError(503, boom) }, nil, "/x", "GET /x", "503", codes.Error, "exception", 503},
		"a panic caught inside":    {func(*gin.Context) { panic("boom") }, []gin.HandlerFunc{clewgin.Middleware(), quiet()}, "/x", "GET /x", "500", codes.Error, "", 500},
		"a panic caught outside":   {func(*gin.Context) { panic("boom") }, []gin.HandlerFunc{quiet(), clewgin.Middleware()}, "/x", "GET /x", "", codes.Error, "exception", 500},
		"refused by a later guard": {func(*gin.Context) {}, []gin.HandlerFunc{clewgin.Middleware(), func(c *gin.Context) { c.AbortWithStatus(401) }}, "/x", "GET /x", "401", codes.Unset, "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			if tc.middleware == nil {
				tc.middleware = []gin.HandlerFunc{clewgin.Middleware()}
			}
			url := serve(t, func(router *gin.Engine) { router.GET("/x", tc.handler) }, tc.middleware...)
			if resp := get(t, request(t, url+tc.path), http.DefaultClient); resp.StatusCode != tc.wantRequest {
				t.Errorf("the client got %d", resp.StatusCode)
			}
			s := server(r)
			if s.Name != tc.name || s.Attr("http.response.status_code") != tc.status || s.Status.Code != tc.code {
				t.Errorf("name %q, status %q, %v", s.Name, s.Attr("http.response.status_code"), s.Status)
			}
			if tc.event == "" && len(s.Events) > 0 || tc.event != "" && (len(s.Events) != 1 || s.Events[0].Name != tc.event) {
				t.Errorf("events %v", s.Events)
			}
		})
	}
}

func quiet() gin.HandlerFunc { return gin.RecoveryWithWriter(io.Discard) }

func TestStreamsKeepFlowing(t *testing.T) {
	r := clewtest.Record(t)
	next := make(chan string)
	url := serve(t, func(router *gin.Engine) {
		router.GET("/stream", func(c *gin.Context) {
			c.Stream(func(w io.Writer) bool {
				line, more := <-next
				if more {
					_, _ = fmt.Fprintln(w, line)
				}
				return more
			})
		})
	}, clewgin.Middleware())
	answer := make(chan *http.Response, 1)
	req := request(t, url+"/stream")
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
	if !lines.Scan() || lines.Text() != "one" {
		t.Fatalf("got %q: %v", lines.Text(), lines.Err())
	}
	r.Named("GET /stream", 0)
	next <- "two"
	if !lines.Scan() || lines.Text() != "two" {
		t.Fatalf("got %q: %v", lines.Text(), lines.Err())
	}
	close(next)
	r.Named("GET /stream", 1)
}

func TestConnectionsCanBeUpgraded(t *testing.T) {
	r := clewtest.Record(t)
	url := serve(t, func(router *gin.Engine) {
		router.GET("/socket", func(c *gin.Context) {
			conn, rw, err := http.NewResponseController(c.Writer).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			_ = rw.Flush()
		})
	}, clewgin.Middleware())
	req := request(t, url+"/socket")
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	if resp := get(t, req, http.DefaultClient); resp.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("status %d", resp.StatusCode)
	}
	if s := r.Span("GET /socket"); s.Attr("http.response.status_code") != "" {
		t.Errorf("status %q of a connection that was taken over", s.Attr("http.response.status_code"))
	}
}

func TestASkippedRequestPassesItsContextOn(t *testing.T) {
	r := clewtest.Record(t)
	url := serve(t, func(router *gin.Engine) {
		router.GET("/health", func(c *gin.Context) {
			_, span := clew.Start(c.Request.Context(), "work")
			span.End()
		})
	}, clewgin.Middleware(clewhttp.Skip(func(r *http.Request) bool { return r.URL.Path == "/health" })))
	req := request(t, url+"/health")
	req.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	get(t, req, http.DefaultClient)
	if s := r.Span("work"); s.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("parent %v", s.Parent.SpanID())
	}
}
