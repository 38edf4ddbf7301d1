package ingest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// longSpan is a request of one span whose attribute makes its body one that is kept.
func longSpan(n byte, text string) []byte {
	long := strings.Repeat(text, minFreeBody/len(text)+1)
	return export(span(n, bytesField(fAttribute, keyValue("long", textField(1, long)))))
}

// kept returns how many buffers are kept, and their bytes.
func (bs *bodies) kept() (n, bytes int) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	return len(bs.free), bs.bytes
}

func TestABodyIsReadIntoTheMemoryOfOneThatWasStored(t *testing.T) {
	for _, headers := range [][]string{nil, {"Content-Encoding", "gzip"}, {"Content-Encoding", "zstd"}} {
		r := newReceiver(t, Config{})
		first := 0
		for n, text := range []string{"first ", "second", "third "} {
			body := longSpan(byte(n+1), text)
			switch {
			case slices.Contains(headers, "gzip"):
				body = gzipped(body)
			case slices.Contains(headers, "zstd"):
				body = zstded(body)
			}
			resp, answer := r.post(t, "/v1/traces", body, append([]string{"Content-Type", protobuf}, headers...)...)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%v: %s: %s", headers, resp.Status, answer)
			}
			free, _ := r.budget.bodies.kept()
			if n == 0 {
				first = free
			}
			if free == 0 || free != first {
				t.Errorf("%v: %d buffers are kept after request %d, %d after the first", headers, free, n+1, first)
			}
		}
		spans := r.spans(t, testTrace)
		slices.SortFunc(spans, trace.Compare)
		for n, text := range []string{"first ", "second", "third "} {
			if got := spans[n].Attributes.Text("long"); strings.Trim(got, text) != "" || len(got) <= minFreeBody {
				t.Errorf("%v: span %d says %.20q (%d bytes), want %.20q", headers, n+1, got, len(got), text)
			}
		}
	}
}

func TestALargeBodyLeavesNothingThatSmallOnesAreRefusedFor(t *testing.T) {
	r := newReceiver(t, Config{MaxPending: 4 << 20})
	small := export(slices.Repeat([][]byte{span(1)}, 4000)...)
	large := export(slices.Repeat([][]byte{span(1)}, 70_000)...)
	for n, c := range []struct {
		body   []byte
		status int
	}{
		{large, http.StatusRequestEntityTooLarge},
		{small, http.StatusOK},
	} {
		resp, answer := r.post(t, "/v1/traces", c.body, "Content-Type", protobuf)
		if resp.StatusCode != c.status {
			t.Errorf("request %d of %d bytes: %s, want %d: %s", n+1, len(c.body), resp.Status, c.status, answer)
		}
		if _, bytes := r.budget.bodies.kept(); bytes > 4<<20/maxFreeShare {
			t.Errorf("%d bytes are kept of %d that requests may hold", bytes, 4<<20)
		}
	}
}

func TestABufferIsOnlyTakenForABodyThatFillsMuchOfIt(t *testing.T) {
	m := newBudget(defaultMaxPending)
	m.bodies.put(make([]byte, maxFreeBytes))
	h := m.open()
	if _, err := readAll(strings.NewReader("x"), defaultMaxBody, minFreeBody, h); err != nil {
		t.Fatal(err)
	}
	if n := m.inUse(); n > roomier*(minFreeBody+1) {
		t.Errorf("one byte of %d announced holds %d", minFreeBody, n)
	}
}

func TestWhatABufferHasTooMuchIsNotMissing(t *testing.T) {
	const limit, body = 4 << 20, minFreeBody
	m := newBudget(limit)
	m.bodies.put(make([]byte, limit/maxFreeShare))
	h := m.open()
	if _, err := readAll(io.LimitReader(zeros{}, body), defaultMaxBody, body, h); err != nil {
		t.Fatal(err)
	}
	if h.spare == 0 {
		t.Fatal("the buffer that was there wasn't taken")
	}
	if err := h.grow(limit - body - 1); err != nil {
		t.Errorf("a request that needs all there is: %v", err)
	}
	if err := m.open().grow(1); !errors.Is(err, errBusy) {
		t.Errorf("the next: %v, want %v", err, errBusy)
	}
	if err := h.grow(1); !errors.Is(err, errLarge) {
		t.Errorf("a byte more than there is: %v, want %v", err, errLarge)
	}
	h.release()
	if n := m.inUse(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

func TestABufferOfABodyThatWasNotReadIsThereForTheNext(t *testing.T) {
	broken := errors.New("broken")
	const room = 4 * minFreeBody
	for name, c := range map[string]struct {
		body      io.Reader
		limit     int64
		announced int64
		others    int64 // what other requests leave
		want      error
		kept      []int
	}{
		"another was larger":    {io.LimitReader(zeros{}, room), 1 << 20, room - 1, 1 << 20, nil, []int{room}},
		"it broke off":          {iotest.ErrReader(broken), 1 << 20, room - 1, 1 << 20, broken, []int{room}},
		"it is too long":        {zeros{}, room - 1, room - 1, 1 << 20, errTooLong, []int{room}},
		"it needs more than is": {zeros{}, 1 << 20, room - 1, room, errBusy, []int{room}},
		"there is nothing left": {zeros{}, 1 << 20, room - 1, room - 1, errBusy, []int{minFreeBody, room}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newBudget(16 << 20)
			m.bodies.put(make([]byte, room))
			others := m.open()
			if err := others.grow(m.max - c.others); err != nil {
				t.Fatal(err)
			}
			if _, err := readAll(c.body, c.limit, c.announced, m.open()); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			var kept []int
			for _, b := range m.bodies.free {
				kept = append(kept, cap(b.buf))
			}
			if slices.Sort(kept); !slices.Equal(kept, c.kept) {
				t.Errorf("buffers of %d bytes are kept, want %d", kept, c.kept)
			}
		})
	}
}

func TestABodyIsNotUsedAgainWhileItsCommitWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		in := New(Config{Store: g, Now: func() time.Time { return trace.Time(testStart).Std() }})
		ctx, leave := context.WithCancel(t.Context())
		h := in.budget.open()
		h.body = longSpan(1, "waits ")
		gone := make(chan *failure)
		go func() {
			_, f := in.process(ctx, signals[0], "http_protobuf", protoTraces, h.body, h)
			gone <- f
		}()
		synctest.Wait()
		leave()
		if f := <-gone; f == nil {
			t.Error("who left was answered")
		}
		if b := in.budget.bodies.take(minFreeBody); b != nil {
			t.Error("the body is free while its spans wait")
		}
		close(g.pass)
		synctest.Wait()
		if b := in.budget.bodies.take(minFreeBody); b == nil {
			t.Error("the body is not free after its commit")
		}
		if spans, err := g.Spans(t.Context(), testTrace); err != nil || len(spans) != 1 || strings.Trim(spans[0].Attributes.Text("long"), "waits ") != "" {
			t.Errorf("%d spans are stored, %v", len(spans), err)
		}
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestBodiesAreKeptWithinBounds(t *testing.T) {
	bs := &newBudget(defaultMaxPending).bodies
	defer bs.close()
	bs.put(make([]byte, minFreeBody-1))
	bs.put(make([]byte, maxFreeBytes+1))
	if n, _ := bs.kept(); n != 0 {
		t.Errorf("%d buffers are kept that are too small or too large", n)
	}
	for range 2 * maxFreeBodies {
		bs.put(make([]byte, minFreeBody))
	}
	if n, bytes := bs.kept(); n != maxFreeBodies || bytes != maxFreeBodies*minFreeBody {
		t.Errorf("%d buffers of %d bytes are kept, want %d", n, bytes, maxFreeBodies)
	}
	bs.put(make([]byte, maxFreeBytes))
	if n, bytes := bs.kept(); n != 1 || bytes != maxFreeBytes {
		t.Errorf("%d buffers of %d bytes are kept, want only the one that came last", n, bytes)
	}
}

func TestBuffersGoThatNoBodyNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(Config{Store: newGate()})
		bs := &in.budget.bodies
		metrics := func(size int) {
			h := in.budget.open()
			body, err := readAll(io.LimitReader(zeros{}, int64(size)), in.maxBody, int64(size), h)
			if err != nil {
				t.Fatal(err)
			}
			h.body = body
			if _, f := in.process(t.Context(), signals[2], "http_protobuf", nil, body, h); f != nil {
				t.Fatal(f.message)
			}
		}
		for range 3 { // of a server that gets nothing else
			metrics(4 << 20)
			if n, _ := bs.kept(); n == 0 {
				t.Error("nothing is kept for the next body")
			}
			<-time.After(2 * quietAfter)
			if n, bytes := bs.kept(); n != 0 || bytes != 0 {
				t.Errorf("%d buffers of %d bytes are kept while nothing comes", n, bytes)
			}
		}
		metrics(4 << 20)
		for range 6 {
			<-time.After(quietAfter / 4)
			metrics(minFreeBody - 1)
		}
		if n, bytes := bs.kept(); n != 1 || bytes != minFreeBody {
			t.Errorf("%d buffers of %d bytes are kept while only small bodies come", n, bytes)
		}
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
		bs.put(make([]byte, minFreeBody))
		if n, _ := bs.kept(); n != 0 {
			t.Errorf("%d buffers are kept by what is closed", n)
		}
	})
}
