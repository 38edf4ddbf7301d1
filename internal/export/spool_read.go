package export

import (
	"errors"
	"io"
)

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
		s.forget()
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
		s.forget()
	}
}
