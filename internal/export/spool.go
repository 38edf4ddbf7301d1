package export

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/clewhq/clew/internal/otlp"
)

const (
	// diskPatience is how long the end of a span waits for the disk. If a disk is slower than that, spans do not wait
	// until it has caught up.
	diskPatience = 100 * time.Millisecond
	// closePatience is how long Shutdown waits for it.
	closePatience = time.Second
	// largestSegment bounds a file; a spool has at least eight, so that what makes room is an eighth.
	largestSegment = 8 << 20
)

// spool keeps spans on disk until they are sent. A span whose put has returned is in the file, unless the disk is stuck:
// it outlives its process. Spans are sent in the order in which they were put, those of earlier processes first. When it
// is full the oldest make room.
//
// One goroutine writes, so that nobody waits for a disk that is stuck, and spans that end together share a write. What the
// disk does not take is held in memory, and sent from there.
type spool struct {
	limits Limits
	max    int64 // bytes on disk
	each   int64 // bytes of a segment
	wake   func()
	tally  *tally
	memory *memory // of spans that the disk did not take
	full   error   // why the oldest are lost
	work   chan struct{}
	gone   chan struct{} // closed when nobody writes any more

	mu       sync.Mutex // never held while the disk is used
	pending  *batch     // to be written
	ready    chan struct{}
	slow     bool   // the disk has not caught up
	failing  bool   // the disk takes nothing
	closed   bool   // nothing is put any more
	accepted uint64 // spans that were put, or left by earlier processes
	done     uint64 // of those: sent, given up or lost
	marked   uint64
	bytes    int64 // on disk

	files    sync.Mutex // the rest; taken before mu
	lane     *lane
	segments []*segment     // oldest first; the last one is written to
	reader   *segmentReader // of the first; nil before it is read
	written  uint64         // spans on disk since the beginning, or left by earlier processes
	taken    uint64         // of those: handed out or lost
	shut     bool
}

// openSpool opens a spool in dir of at most max bytes.
func openSpool(dir string, max int64, l Limits, t *tally, wake func()) (*spool, error) {
	lane, left, trouble, err := openLane(dir)
	if err != nil {
		return nil, fmt.Errorf("the spool cannot be opened: %w", err)
	}
	s := &spool{
		limits: l, max: max, each: min(max/8, largestSegment), wake: wake, tally: t, memory: newMemory(l, wake),
		full: fmt.Errorf("the spool has its %d bytes, and the oldest spans make room", max),
		work: make(chan struct{}, 1), gone: make(chan struct{}), ready: make(chan struct{}), pending: &batch{}, lane: lane, segments: left,
	}
	for _, seg := range left {
		s.bytes += seg.size
		s.written += uint64(seg.spans)
	}
	s.accepted, s.marked = s.written, s.written
	if err := s.rotate(); err != nil {
		s.closeFiles()
		return nil, fmt.Errorf("the spool cannot be opened: %w", err)
	}
	if trouble != nil {
		t.log.Warn("clew: a part of the spool cannot be read and is left alone", "in", lane.dir, "error", trouble)
	}
	if s.written > 0 {
		t.log.Info("clew: spans that an earlier process left in the spool are sent", slog.Uint64("spans", s.written))
	}
	go s.write()
	return s, nil
}

func (s *spool) put(g *otlp.Group, body []byte) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errLate
	}
	if int64(len(s.pending.buf)+len(body)) > s.limits.Bytes || len(s.pending.spans) >= s.limits.Spans {
		s.mu.Unlock()
		return s.memory.tooMuch
	}
	s.pending.add(g, body)
	s.accepted++
	ready, wait := s.ready, !s.slow
	s.mu.Unlock()
	select {
	case s.work <- struct{}{}:
	default:
	}
	if !wait {
		return nil
	}
	timer := time.NewTimer(diskPatience)
	defer timer.Stop()
	select {
	case <-ready:
	case <-timer.C:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.slow = s.ready == ready || s.slow
	}
	return nil
}

// write is the goroutine that writes what is pending, until the spool is closed.
func (s *spool) write() {
	defer close(s.gone)
	spare := &batch{}
	var records []byte
	for {
		<-s.work
		s.mu.Lock()
		b, ready, last := s.pending, s.ready, s.closed
		s.pending, s.ready = spare, make(chan struct{})
		s.mu.Unlock()
		if len(b.spans) > 0 {
			var err error
			if records, err = s.save(b, records[:0]); err != nil {
				s.hold(b, err)
			}
			s.mu.Lock()
			s.slow, s.failing = false, err != nil
			s.mu.Unlock()
		}
		close(ready)
		if last {
			return
		}
		if spare = b; cap(b.buf) > maxRoom {
			spare = &batch{}
		}
		if cap(records) > maxRoom {
			records = nil
		}
		clear(spare.spans)
		spare.buf, spare.spans = spare.buf[:0], spare.spans[:0]
	}
}

// save appends spans to the last segment.
func (s *spool) save(b *batch, records []byte) ([]byte, error) {
	s.files.Lock()
	defer s.files.Unlock()
	seg := s.segments[len(s.segments)-1]
	if seg.size >= s.each {
		if err := s.rotate(); err != nil {
			return records, err
		}
		seg = s.segments[len(s.segments)-1]
	}
	records = seg.appendRecords(records, b)
	if err := s.makeRoom(int64(len(records))); err != nil {
		clear(seg.groups)
		return records, err
	}
	if _, err := seg.file.WriteAt(records, seg.size); err != nil {
		clear(seg.groups) // they are not in the file
		return records, err
	}
	seg.size += int64(len(records))
	seg.spans += len(b.spans)
	s.grow(int64(len(records)))
	s.written += uint64(len(b.spans))
	if s.enough() {
		s.wake()
	}
	return records, nil
}

// rotate begins a new segment.
func (s *spool) rotate() error {
	seg, err := createSegment(s.lane.path())
	if err != nil {
		return err
	}
	s.segments = append(s.segments, seg)
	s.grow(seg.size)
	return nil
}

func (s *spool) grow(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += n
}

// makeRoom deletes the oldest segments until n bytes fit.
func (s *spool) makeRoom(n int64) error {
	for {
		_, bytes := s.held()
		switch {
		case bytes+n <= s.max:
			return nil
		case len(s.segments) == 1:
			return fmt.Errorf("spans of %d bytes do not fit into a spool of %d", n, s.max)
		}
		s.drop(s.full)
	}
}

// drop deletes the oldest segment. What was not sent of it is lost.
func (s *spool) drop(why error) {
	seg := s.segments[0]
	if err := s.forget(); err != nil {
		s.tally.log.Warn("clew: a file of the spool cannot be deleted", "error", err)
	}
	if lost := seg.spans - seg.taken; lost > 0 {
		s.taken += uint64(lost)
		s.finish(lost)
		s.tally.lose(lost, why)
	}
}

// forget deletes the oldest segment.
func (s *spool) forget() error {
	seg := s.segments[0]
	s.segments = s.segments[1:]
	s.reader = nil
	s.grow(-seg.size)
	return seg.remove()
}

// hold keeps spans in memory that the disk does not take.
func (s *spool) hold(b *batch, why error) {
	s.mu.Lock()
	first := !s.failing
	s.mu.Unlock()
	if first {
		s.tally.log.Warn("clew: the spool cannot be written; spans are kept in memory until this is over", "error", why)
	}
	from := 0
	for _, e := range b.spans {
		if err := s.memory.put(e.group, b.buf[from:e.end]); err != nil {
			s.finish(1)
			s.tally.lose(1, err)
		}
		from = e.end
	}
}

func (s *spool) finish(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += uint64(n)
}

// enough reports whether there is something to take.
func (s *spool) enough() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.written - s.taken
	if waiting == 0 {
		return false
	}
	return waiting >= uint64(s.limits.BatchSpans) || s.marked > s.taken || len(s.segments) > 1 ||
		s.reader != nil && s.segments[0].size-s.reader.offset >= int64(s.limits.BatchBytes)
}

func (s *spool) take() *batch {
	s.files.Lock()
	defer s.files.Unlock()
	for !s.shut && s.enough() {
		b, err := s.read()
		if b != nil {
			return b
		}
		if len(s.segments) == 1 {
			if err := s.rotate(); err != nil {
				break
			}
		}
		s.drop(err)
	}
	return s.memory.take()
}

// read returns the next spans of the oldest segment that has any. An error says that its rest cannot be read.
func (s *spool) read() (*batch, error) {
	for {
		seg := s.segments[0]
		if s.reader == nil {
			r := &segmentReader{segment: seg}
			if err := r.open(); err != nil {
				return nil, err
			}
			s.reader = r
		}
		b := &batch{segment: seg}
		for len(b.spans) < s.limits.BatchSpans && len(b.buf) < s.limits.BatchBytes {
			g, body, err := s.reader.next(seg.size)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			b.add(g, body)
		}
		if n := len(b.spans); n > 0 {
			b.end = s.reader.offset
			seg.taken += n
			s.taken += uint64(n)
			return b, nil
		}
		if seg.taken < seg.spans || len(s.segments) == 1 {
			return nil, errors.New("a file of the spool is damaged")
		}
		if err := s.forget(); err != nil {
			s.tally.log.Warn("clew: a file of the spool cannot be deleted", "error", err)
		}
	}
}

func (s *spool) split(b *batch) (first, second *batch) {
	if b.segment == nil {
		return s.memory.split(b)
	}
	first, second = b.halves()
	first.segment, second.segment, second.end = b.segment, b.segment, b.end
	return first, second
}

func (s *spool) release(b *batch) {
	s.finish(len(b.spans))
	if b.segment == nil {
		s.memory.release(b)
		return
	}
	s.files.Lock()
	defer s.files.Unlock()
	seg := b.segment
	if b.end == 0 || seg.removed || s.shut { // the first half waits for the second
		return
	}
	if err := seg.sent(b.end); err != nil {
		s.tally.log.Warn("clew: the spool cannot be written; spans may be sent twice after a restart", "error", err)
	}
	if seg == s.segments[0] && len(s.segments) > 1 && b.end >= seg.size {
		if err := s.forget(); err != nil {
			s.tally.log.Warn("clew: a file of the spool cannot be deleted", "error", err)
		}
	}
}

func (s *spool) mark() uint64 {
	s.memory.mark()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marked = s.accepted
	return s.accepted
}

func (s *spool) settled(mark uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done >= mark
}

func (s *spool) held() (spans int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.accepted - s.done), s.bytes
}

func (s *spool) close(empty bool) (left int) {
	s.mu.Lock()
	left = int(s.accepted - s.done)
	if left > 0 && empty {
		s.mu.Unlock()
		return left
	}
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		select {
		case s.work <- struct{}{}:
		default:
		}
		select {
		case <-s.gone:
			s.closeFiles()
		case <-time.After(closePatience): // a disk that is stuck; the system closes the files
		}
		if lost := s.memory.close(false); lost > 0 {
			s.finish(lost)
			s.tally.abandon(lost, errors.New("the spool could not be written"))
		}
	}
	left, _ = s.held()
	return left
}

// closeFiles closes the segments, and deletes them if all is sent.
func (s *spool) closeFiles() {
	s.files.Lock()
	defer s.files.Unlock()
	s.shut = true
	left, _ := s.held()
	for _, seg := range s.segments {
		if left == 0 {
			_ = seg.remove() // or the next process does
		} else {
			_ = seg.file.Close()
		}
	}
	s.lane.close()
}

func (s *spool) ordered() bool { return true }
