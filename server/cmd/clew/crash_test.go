package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// A server that is killed while it ingests has every span it acknowledged, and
// has none twice, although senders send again what was not acknowledged.
func TestKilledTenTimesTheServerHasEveryAcknowledgedSpanOnce(t *testing.T) {
	const kills, senders, perBatch = 10, 3, 20
	data := t.TempDir()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))

	sent := make([]*crashSender, senders)
	for i := range sent {
		sent[i] = &crashSender{trace: fmt.Sprintf("%032x", i+1), perBatch: perBatch}
	}
	for range kills {
		server := startServer(t, data)
		ctx, stop := context.WithCancel(t.Context())
		var acked sync.WaitGroup // one batch of each sender: the kill hits a server at work
		acked.Add(senders)
		var running sync.WaitGroup
		for _, s := range sent {
			running.Go(func() { s.send(ctx, server.url, acked.Done) })
		}
		acked.Wait()
		timer := time.NewTimer(time.Duration(rng.IntN(150)) * time.Millisecond)
		<-timer.C
		server.kill()
		stop()
		running.Wait()
	}

	server := startServer(t, data)
	for _, s := range sent {
		stored := spanCounts(t, server.url, s.trace)
		for id := range s.acknowledged {
			if stored[id] != 1 {
				t.Errorf("trace %s: acknowledged span %s is there %d times", s.trace, id, stored[id])
			}
		}
		for id, n := range stored {
			if n != 1 {
				t.Errorf("trace %s: span %s is there %d times", s.trace, id, n)
			}
		}
		t.Logf("trace %s: %d spans acknowledged, %d stored", s.trace, len(s.acknowledged), len(stored))
	}
}

// crashSender sends batches of one trace and remembers which were acknowledged.
type crashSender struct {
	trace        string
	perBatch     int
	next         uint64
	pending      []string // ids of the batch that is to be sent (again)
	acknowledged map[string]bool
}

// send posts batches until the server is gone. onAck is called once, after the
// first batch that was acknowledged.
func (s *crashSender) send(ctx context.Context, url string, onAck func()) {
	var once sync.Once
	defer once.Do(onAck)
	if s.acknowledged == nil {
		s.acknowledged = map[string]bool{}
	}
	for {
		if s.pending == nil {
			for range s.perBatch {
				s.next++
				s.pending = append(s.pending, hex.EncodeToString(binary.BigEndian.AppendUint64(nil, s.next)))
			}
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/traces", bytes.NewReader(crashBatch(s.trace, s.pending)))
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return
		}
		for _, id := range s.pending {
			s.acknowledged[id] = true
		}
		s.pending = nil
		once.Do(onAck)
	}
}

func crashBatch(trace string, ids []string) []byte {
	type m = map[string]any
	var spans []m
	for _, id := range ids {
		spans = append(spans, m{
			"traceId": trace, "spanId": id, "name": "work", "kind": 1,
			"startTimeUnixNano": "1795225911840000000", "endTimeUnixNano": "1795225911841000000",
			"attributes": []m{{"key": "payload", "value": m{"stringValue": id + " and some text to store"}}},
		})
	}
	b, err := json.Marshal(m{"resourceSpans": []m{{"scopeSpans": []m{{"spans": spans}}}}})
	if err != nil {
		panic(err)
	}
	return b
}

// spanCounts returns how often each span id of a trace is stored.
func spanCounts(t *testing.T, url, trace string) map[string]int {
	t.Helper()
	var body struct {
		Trace struct {
			SpanCount int `json:"span_count"`
		} `json:"trace"`
		Spans []struct {
			ID string `json:"span_id"`
		} `json:"spans"`
	}
	getJSON(t, url+"/api/v1/traces/"+trace+"?outline=1", &body)
	counts := map[string]int{}
	for _, s := range body.Spans {
		counts[s.ID]++
	}
	if body.Trace.SpanCount != len(body.Spans) {
		t.Errorf("trace %s: the summary counts %d spans, the trace has %d", trace, body.Trace.SpanCount, len(body.Spans))
	}
	return counts
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", url, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
}
