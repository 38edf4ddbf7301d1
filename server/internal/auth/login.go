package auth

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// maxLogin bounds the body of a login.
const maxLogin = 16 << 10

// loginAge is how long a browser stays logged in.
const loginAge = 30 * 24 * time.Hour

// Login returns the handler of POST /api/v1/login: {"key": "…"} → 204 and a
// cookie that stands for the key, 401 when it is wrong. The cookie is valid for
// as long as the key is: nothing is stored here. Without a configured key any
// login succeeds and no cookie is set.
func (g *Guard) Login() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			writeError(w, http.StatusMethodNotAllowed, "method_not_allowed", r.Method+" is not offered here; send POST", "")
			return
		}
		var body struct {
			Key *string `json:"key"`
		}
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLogin))
		if err := dec.Decode(&body); err != nil || body.Key == nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				writeError(w, http.StatusRequestEntityTooLarge, "too_large", "a login is at most 16 KiB", "key")
				return
			}
			writeError(w, http.StatusBadRequest, "invalid_argument", `want a JSON object {"key": "…"}`, "key")
			return
		}
		if g.key != "" {
			if !equal(*body.Key, g.key) {
				writeError(w, http.StatusUnauthorized, wrongKey.code, wrongKey.message, "key")
				return
			}
			http.SetCookie(w, &http.Cookie{
				Name: cookieName, Value: g.cookie, Path: "/", MaxAge: int(loginAge / time.Second),
				HttpOnly: true, SameSite: http.SameSiteStrictMode,
				Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
			})
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
