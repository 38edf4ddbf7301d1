package export

import (
	"time"

	"github.com/clewhq/clew/internal/otlp"
)

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
