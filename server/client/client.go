package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// DefaultURL is where a server listens that wasn't told otherwise.
const DefaultURL = "http://127.0.0.1:4318"

// maxError bounds how much of an error's body is read.
const maxError = 64 << 10

// Client speaks to one server. The zero value speaks to DefaultURL without a
// key. It is safe for concurrent use while its fields don't change.
//
// Methods return an *Error when the server refused, and the error of net/http
// when it could not be reached.
type Client struct {
	URL  string       // of the server, without a path; "" is DefaultURL
	Key  string       // sent as a bearer key; "" sends none
	HTTP *http.Client // nil is http.DefaultClient
}

// Error is the server's refusal.
type Error struct {
	Status     int           // of HTTP
	Code       string        // not_found, invalid_argument, unauthenticated, …; "" when the answer was not Clew's
	Message    string        // for people
	Field      string        // the parameter at fault, or ""
	RetryAfter time.Duration // how long the server asks to wait before another attempt; 0 when it doesn't
}

// Error returns the message with its code.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("server answered %d: %s", e.Status, e.Message)
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Code)
}

// IsNotFound reports whether the server said that there is no such thing.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// Query selects traces or sessions. Zero fields select everything; a trace is
// selected when one of its spans matches all of them together, and it was
// active in [From, To).
type Query struct {
	Service, Name, Session, User, Type string // exact
	Status                             string // unset, ok or error
	Text                               string // what one span must be, in the query language; sort:… puts the list in an order
	From, To                           time.Time

	Limit  int    // of the page; 0 is the server's default
	Cursor string // NextCursor of the page before
}

func (q Query) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"service": q.Service, "name": q.Name, "session": q.Session, "user": q.User, "type": q.Type, "status": q.Status, "q": q.Text,
		"from": formatTime(q.From), "to": formatTime(q.To), "cursor": q.Cursor,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeFormat)
}

// Traces lists traces, newest first.
func (c *Client) Traces(ctx context.Context, q Query) (List[TraceSummary], error) {
	return get[List[TraceSummary]](ctx, c, "/traces", q.values())
}

// Spans lists spans of all traces, newest first. A span is listed when it matches
// all of q, and was itself active in [From, To).
func (c *Client) Spans(ctx context.Context, q Query) (List[SpanOutline], error) {
	return get[List[SpanOutline]](ctx, c, "/spans", q.values())
}

// Forget deletes traces that q selects, whole, at most a page of them: call it
// until More is false. Without a filter it is refused.
func (c *Client) Forget(ctx context.Context, q Query) (Receipt, error) {
	return call[Receipt](ctx, c, http.MethodDelete, "/traces", q.values(), http.Header{"Accept": {"application/json"}}, nil)
}

// Trace returns a trace with its whole spans. id is 32 hex digits or a UUID.
func (c *Client) Trace(ctx context.Context, id string) (Trace, error) {
	return get[Trace](ctx, c, "/traces/"+segment(id), nil)
}

// Outline returns a trace without the bodies of its spans.
func (c *Client) Outline(ctx context.Context, id string) (Outline, error) {
	return get[Outline](ctx, c, "/traces/"+segment(id), url.Values{"outline": {"1"}})
}

// Span returns one whole span with what is read from it. twin says which, when several share the id; it
// is 0 otherwise. explain asks where each field came from.
func (c *Client) Span(ctx context.Context, traceID, spanID string, twin int, explain bool) (SpanDetail, error) {
	v := url.Values{}
	if explain {
		v.Set("explain", "1")
	}
	if twin != 0 {
		v.Set("twin", strconv.Itoa(twin))
	}
	return get[SpanDetail](ctx, c, "/traces/"+segment(traceID)+"/spans/"+segment(spanID), v)
}

// Transcript returns at most limit turns of what was said in a trace, from the one at offset on. A limit of 0 is
// the server's choice.
func (c *Client) Transcript(ctx context.Context, traceID string, offset, limit int) (Transcript, error) {
	v := url.Values{}
	if offset > 0 {
		v.Set("offset", strconv.Itoa(offset))
	}
	if limit > 0 {
		v.Set("limit", strconv.Itoa(limit))
	}
	return get[Transcript](ctx, c, "/traces/"+segment(traceID)+"/transcript", v)
}

// Sessions lists sessions, newest activity first. Of q it uses User, Text, From,
// To, Limit and Cursor; the server refuses the others.
func (c *Client) Sessions(ctx context.Context, q Query) (List[SessionSummary], error) {
	return get[List[SessionSummary]](ctx, c, "/sessions", q.values())
}

// Session returns a session with a page of its traces. Of q it uses Limit and
// Cursor; the server refuses the others.
func (c *Client) Session(ctx context.Context, id string, q Query) (Session, error) {
	return get[Session](ctx, c, "/sessions/"+segment(id), q.values())
}

// Aggregate adds up the spans that q selects and that started in [q.From, q.To).
// Of q it uses all but Limit and Cursor, which the server refuses.
func (c *Client) Aggregate(ctx context.Context, q Query, g Grouping) (Aggregate, error) {
	v := q.values()
	for name, value := range map[string]string{"by": g.By, "sort": g.Sort} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for name, n := range map[string]int{"top": g.Top, "buckets": g.Buckets} {
		if n != 0 {
			v.Set(name, strconv.Itoa(n))
		}
	}
	if g.Width != 0 {
		v.Set("width", g.Width.String())
	}
	return get[Aggregate](ctx, c, "/aggregate", v)
}

// Values lists, in order, the values of a field (service, name, type, session or
// user) that begin with prefix. A limit of 0 is the server's default.
func (c *Client) Values(ctx context.Context, field, prefix string, limit int) ([]string, error) {
	v := url.Values{"field": {field}}
	if prefix != "" {
		v.Set("prefix", prefix)
	}
	if limit != 0 {
		v.Set("limit", strconv.Itoa(limit))
	}
	list, err := get[List[string]](ctx, c, "/values", v)
	return list.Items, err
}

// Status says what the server is and holds.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return get[Status](ctx, c, "/status", nil)
}

// SQL runs a SELECT over the views that SQLViews tells. It returns at most limit
// rows; 0 is the server's default.
func (c *Client) SQL(ctx context.Context, query string, limit int) (SQLResult, error) {
	v := url.Values{}
	if limit != 0 {
		v.Set("limit", strconv.Itoa(limit))
	}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"text/plain"}}
	return call[SQLResult](ctx, c, http.MethodPost, "/sql", v, header, strings.NewReader(query))
}

// SQLViews tells what a SELECT may ask.
func (c *Client) SQLViews(ctx context.Context) ([]SQLView, error) {
	list, err := get[List[SQLView]](ctx, c, "/sql", nil)
	return list.Items, err
}

// Decode says what span contexts a text holds and what the server's store has of
// them. The server refuses a text of more than 256 KiB.
func (c *Client) Decode(ctx context.Context, text string) (Decoded, error) {
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"text/plain"}}
	return call[Decoded](ctx, c, http.MethodPost, "/decode", nil, header, strings.NewReader(text))
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return call[T](ctx, c, http.MethodGet, path, query, http.Header{"Accept": {"application/json"}}, nil)
}

// call sends one request to the API and reads the JSON that answers it.
func call[T any](ctx context.Context, c *Client, method, path string, query url.Values, header http.Header, body io.Reader) (out T, err error) {
	resp, err := c.do(ctx, method, "/api/v1"+path, query, header, body)
	if err != nil {
		return out, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("read the answer of %s: %w", resp.Request.URL.Redacted(), err)
	}
	return out, nil
}

// do sends one request. The caller closes the body of what it returns; an
// answer that is no success is an *Error.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, header http.Header, body io.Reader) (*http.Response, error) {
	target := strings.TrimSuffix(cmp.Or(c.URL, DefaultURL), "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	req.Header = header
	if c.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.Key)
	}
	resp, err := cmp.Or(c.HTTP, http.DefaultClient).Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		defer func() { _ = resp.Body.Close() }()
		return nil, readError(resp)
	}
	return resp, nil
}

// readError understands the errors of the API and those of OTLP, and makes the
// best of any other.
func readError(resp *http.Response) error {
	out := &Error{Status: resp.StatusCode}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		out.RetryAfter = time.Duration(s) * time.Second
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, maxError)) // what came is used, whatever cut it short
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		var body struct {
			Error   ErrorDetail `json:"error"`
			Message string      `json:"message"` // google.rpc.Status, OTLP's error
		}
		if json.Unmarshal(b, &body) == nil {
			out.Code, out.Message, out.Field = body.Error.Code, cmp.Or(body.Error.Message, body.Message), body.Error.Field
		}
	case "application/x-protobuf":
		out.Message = statusMessage(b)
	case "text/plain":
		out.Message = fmt.Sprintf("%.500s", strings.TrimSpace(string(b)))
	}
	out.Message = cmp.Or(out.Message, http.StatusText(resp.StatusCode))
	return out
}

// segment escapes s as one segment of a path. The dot segments, which URLs
// resolve away, are escaped as well.
func segment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}
