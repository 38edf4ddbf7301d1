// Package auth decides who may speak to the server.
//
// There is one key, or none. Without one (possible on a loopback listener only)
// every caller is let in, with any key or none, and what keeps other web pages
// out are two checks: the Host header must name this machine, which defeats DNS
// rebinding, and an Origin header must be the server's own. With a key a
// request carries it as "Authorization: Bearer KEY", or carries the cookie that
// [Guard.Login] sets, which is how a browser's EventSource and links work.
//
// The page itself and /healthz hold no data and need no key. See [Guard.Wrap]
// for the rules in their order.
package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// cookieName names the login cookie, cookieLabel is what the key signs to make
// its value: the cookie proves that the key was known and doesn't reveal it.
const (
	cookieName  = "clew_login"
	cookieLabel = "clew login cookie v1"
)

// loginPath is the one path under /api that needs no key.
const loginPath = "/api/v1/login"

// keyed are the paths that need the key, with all below them. Any request that
// is not a GET or HEAD needs it too, wherever it goes.
var keyed = []string{"/api", "/v1", "/metrics"}

// Guard lets requests pass or refuses them. It is immutable.
type Guard struct {
	key      string
	cookie   string
	loopback bool
}

// New returns a Guard. An empty key lets everybody in. loopback says that the
// listener is reachable from this machine only, and turns on the checks that
// keep the pages of other sites away from it.
func New(key string, loopback bool) *Guard {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(cookieLabel))
	return &Guard{key: key, cookie: base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), loopback: loopback}
}

// Wrap returns a handler that passes on to next what may pass. In this order:
//
//  1. On a loopback listener a Host that isn't this machine is refused (403).
//  2. On a loopback listener a foreign Origin is refused (403), except that
//     pages of other loopback ports may POST to /v1/ and get CORS headers.
//  3. With a key: a bearer key that is right passes, from any origin. A cookie
//     that is right passes unless the Origin is foreign (403). Nothing or
//     something wrong is refused (401), except for paths that need no key.
//
// gRPC requests get the refusal in gRPC's form.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own := sameOrigin(r)
		if g.loopback {
			if !isLoopbackHost(r.Host) {
				refuse(w, r, foreignHost(r.Host))
				return
			}
			if !own {
				if !isSender(r) {
					refuse(w, r, foreignOrigin(r.Header.Get("Origin")))
					return
				}
				allowOrigin(w.Header(), r.Header.Get("Origin"))
				if r.Method == http.MethodOptions {
					preflight(w, r)
					return
				}
			}
		}
		if denied := g.check(r, own); denied != nil {
			refuse(w, r, denied)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// check says why r may not pass, nil when it may.
func (g *Guard) check(r *http.Request, own bool) *refusal {
	switch {
	case r.URL.Path == loginPath:
		if !own {
			return foreignOrigin(r.Header.Get("Origin"))
		}
		return nil
	case g.key == "" || !needsKey(r) || g.bearerOK(r):
		return nil
	case g.cookieOK(r):
		if !own {
			return foreignOrigin(r.Header.Get("Origin"))
		}
		return nil
	case r.Header.Get("Authorization") == "":
		return missingKey
	default:
		return wrongKey
	}
}

func needsKey(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return true
	}
	for _, p := range keyed {
		if rest, ok := strings.CutPrefix(r.URL.Path, p); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

func (g *Guard) bearerOK(r *http.Request) bool {
	scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return ok && strings.EqualFold(scheme, "Bearer") && equal(strings.TrimSpace(key), g.key)
}

func (g *Guard) cookieOK(r *http.Request) bool {
	for _, c := range r.CookiesNamed(cookieName) {
		if equal(c.Value, g.cookie) {
			return true
		}
	}
	return false
}

// equal compares in a time that depends on neither content nor length.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
