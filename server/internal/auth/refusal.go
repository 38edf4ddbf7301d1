package auth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// refusal is why a request may not pass.
type refusal struct {
	status  int    // of HTTP
	grpc    int    // gRPC's status code
	code    string // in the JSON body
	message string
}

// gRPC's status codes that are used here.
const (
	grpcPermissionDenied = 7
	grpcUnauthenticated  = 16
)

var (
	missingKey = &refusal{http.StatusUnauthorized, grpcUnauthenticated, "unauthenticated",
		"this server requires a key: send the header \"Authorization: Bearer KEY\""}
	wrongKey = &refusal{http.StatusUnauthorized, grpcUnauthenticated, "unauthenticated",
		"the key is not the one this server was started with (--key, CLEW_KEY)"}
)

func foreignHost(host string) *refusal {
	return &refusal{http.StatusForbidden, grpcPermissionDenied, "forbidden", fmt.Sprintf(
		"the Host %.100q is not this machine's loopback and this server listens on loopback only: "+
			"use http://localhost, or start the server with --key and a --listen that is not loopback", host)}
}

func foreignOrigin(origin string) *refusal {
	return &refusal{http.StatusForbidden, grpcPermissionDenied, "forbidden", fmt.Sprintf(
		"the Origin %.100q is not this server's own: pages of other sites may not use it", origin)}
}

// refuse answers in the caller's protocol.
func refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
		// A gRPC response without messages: status and trailers are one header block.
		h.Set("Content-Type", "application/grpc")
		h.Set("Grpc-Status", strconv.Itoa(why.grpc))
		h.Set("Grpc-Message", grpcMessage(why.message))
		w.WriteHeader(http.StatusOK)
		return
	}
	if why.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="clew"`)
	}
	writeError(w, why.status, why.code, why.message, "")
}

func writeError(w http.ResponseWriter, status int, code, message, field string) {
	type body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Field   string `json:"field"`
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]body{"error": {code, message, field}})
}

// grpcMessage writes s as gRPC's Status-Message: printable ASCII but "%" stays,
// every other byte becomes %XX.
func grpcMessage(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c <= '~' && c != '%' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
