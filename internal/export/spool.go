package export

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
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
	s.forget()
	if lost := seg.spans - seg.taken; lost > 0 {
		s.taken += uint64(lost)
		s.finish(lost)
		s.tally.lose(lost, why)
	}
}

// forget deletes the oldest segment.
func (s *spool) forget() {
	seg := s.segments[0]
	s.segments = s.segments[1:]
	s.reader = nil
	s.grow(-seg.size)
	if err := seg.remove(); err != nil {
		s.tally.log.Warn("clew: a file of the spool cannot be deleted", "error", err)
	}
}

func (s *spool) finish(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += uint64(n)
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
