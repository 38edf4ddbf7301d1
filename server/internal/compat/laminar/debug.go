package laminar

import "net/http"

// projectID is what the SDKs use to print the address of a debugger, which is
// not here.
const projectID = "00000000-0000-0000-0000-000000000000"

// postDebugSession answers the registration that an SDK makes when LMNR_DEBUG is
// set, so that the program goes on.
func (h *Handler) postDebugSession(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]string{"projectId": projectID}, nil
}

// postDebugCache tells an SDK that replays a trace to make the call itself.
func (h *Handler) postDebugCache(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]string{"outcome": "live"}, nil
}
