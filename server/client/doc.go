// Package client is the Go client of Clew's HTTP API, and the one place that
// defines the JSON which the API speaks: the server converts its own types to
// these. The API's description for other languages is openapi.yaml, which every
// server serves at /api/v1/openapi.yaml.
//
//	c := &client.Client{URL: "http://127.0.0.1:4318"}
//	page, err := c.Traces(ctx, client.Query{Service: "planner"})
//
// Ids are lower-case hex. Unknown numbers are nil, absent strings "", absent
// lists and maps empty. Reading order: types.go, client.go, import.go, live.go.
package client
