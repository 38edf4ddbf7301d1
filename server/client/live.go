package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
)

// maxEvent bounds one line of a live stream.
const maxEvent = 4 << 20

// Change is one message of a live stream: a trace as it is now, or Resync, when
// changes were dropped and anything may be different.
type Change struct {
	Trace  TraceSummary
	Resync bool
}

// Live yields the changes of all traces from now on, until ctx ends, the server
// stops, or the loop is left. An error ends it and is yielded last; the end of
// ctx is no error. It doesn't reconnect.
func (c *Client) Live(ctx context.Context) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		resp, err := c.do(ctx, http.MethodGet, "/api/v1/live", nil, http.Header{"Accept": {"text/event-stream"}}, nil)
		if err == nil {
			defer func() { _ = resp.Body.Close() }()
			err = readEvents(resp.Body, yield)
		}
		if err != nil && ctx.Err() == nil {
			yield(Change{}, err)
		}
	}
}

// readEvents reads a server-sent event stream as this server writes it: one line
// of data an event. It returns nil at the end of the stream and when yield asks
// to stop.
func readEvents(r io.Reader, yield func(Change, error) bool) error {
	var event string
	var data []byte
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) > 0 {
			name, value, _ := bytes.Cut(line, []byte(":"))
			value = bytes.TrimPrefix(value, []byte(" "))
			switch string(name) {
			case "event":
				event = string(value)
			case "data":
				data = bytes.Clone(value)
			}
			continue
		}
		change := Change{Resync: event == "resync"}
		if event == "trace" {
			if err := json.Unmarshal(data, &change.Trace); err != nil {
				return fmt.Errorf("live event: %w", err)
			}
		}
		if (event == "trace" || event == "resync") && !yield(change, nil) {
			return nil
		}
		event, data = "", nil
	}
	return lines.Err()
}
