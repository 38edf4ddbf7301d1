package llmhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxErrorText bounds an error message, in bytes. Some proxies answer with a page.
const maxErrorText = 4096

// errorOf reads the body of a failed answer, or the error inside one. Providers agree on {"error": {"message", "type",
// "code"}}; their proxies and imitators leave levels out. nil means that body is not JSON.
func errorOf(body []byte) *apiError { return errorWithin(body, maxErrorDepth) }

// maxErrorDepth is how many errors within errors are read; a hostile answer could have thousands.
const maxErrorDepth = 4

func errorWithin(body []byte, depth int) *apiError {
	var list []json.RawMessage
	if fits(body, &list) && len(list) > 0 {
		body = list[0]
	}
	var e struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
		Type    json.RawMessage `json:"type"`
		Code    json.RawMessage `json:"code"` // a name, or a number that repeats the HTTP status
		Status  json.RawMessage `json:"status"`
	}
	var text string
	if fits(body, &text) {
		return &apiError{message: text}
	}
	if !fits(body, &e) {
		return nil
	}
	if depth > 0 && bytes.HasPrefix(e.Error, []byte("{")) {
		if inner := errorWithin(e.Error, depth-1); inner != nil && *inner != (apiError{}) {
			return inner
		}
	}
	out := &apiError{}
	for _, raw := range []json.RawMessage{e.Code, e.Type, e.Status} {
		if name := justText(raw); out.kind == "" {
			out.kind = name
		}
	}
	for _, raw := range []json.RawMessage{e.Message, e.Error, e.Detail} {
		if out.message == "" {
			out.message = textOrRaw(raw)
		}
	}
	return out
}

// justText returns the text of a JSON string, and nothing for other JSON, which it does not read: that may be long.
func justText(raw json.RawMessage) string {
	var s string
	if !bytes.HasPrefix(raw, []byte(`"`)) || !fits(raw, &s) {
		return ""
	}
	return s
}

// errorKind names an error of the transport. A context that ended says more than the error that this caused.
func errorKind(ctx context.Context, err error) string {
	for _, e := range []error{ctx.Err(), err} {
		switch {
		case errors.Is(e, context.DeadlineExceeded):
			return "context.DeadlineExceeded"
		case errors.Is(e, context.Canceled):
			return "context.Canceled"
		}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "io.ErrUnexpectedEOF"
	}
	return fmt.Sprintf("%T", err)
}

// secretHeaders are where providers expect a key.
var secretHeaders = []string{
	"Authorization", "Proxy-Authorization", "Api-Key", "X-Api-Key", "X-Goog-Api-Key",
	"X-Amz-Security-Token", "Cookie",
}

// minSecret is the length from which a value is taken for a key, and not for a word that may stand in any message.
const minSecret = 8

// secrets returns what must not be repeated in an error message: keys in headers, query and user information.
func secrets(r *http.Request) []string {
	var out []string
	add := func(values ...string) {
		for _, v := range values {
			if len(v) >= minSecret {
				out = append(out, v)
			}
		}
	}
	for _, name := range secretHeaders {
		for _, v := range r.Header.Values(name) {
			add(v)
			add(strings.Fields(v)...) // without Bearer
		}
	}
	for _, values := range r.URL.Query() {
		add(values...)
	}
	add(r.URL.RawQuery)
	if password, ok := r.URL.User.Password(); ok {
		add(password)
	}
	add(r.URL.User.Username())
	return out
}

// errorText makes a message fit to be recorded: bounded, valid UTF-8, without keys.
func errorText(message string, secrets []string) string {
	for _, s := range secrets {
		message = strings.ReplaceAll(message, s, "[redacted]")
	}
	message = strings.TrimSpace(message)
	if len(message) > maxErrorText {
		message = message[:maxErrorText]
	}
	return strings.ToValidUTF8(message, "\uFFFD")
}

// address returns u as far as it may be recorded: without user, query and fragment.
func address(u *url.URL) string {
	public := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return public.String()
}
