package export

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"

	"github.com/clewhq/clew/internal/otlp"
)

// A spool is a row of segments. A segment is a file of its own:
//
//	8 bytes   "clewspl1"
//	8 bytes   how far its spans have been sent, as an offset in the file, little-endian; written in place
//	records   4 bytes size, 4 bytes CRC-32C of the payload, payload; little-endian
//
// A payload is a group, 'g', its number and its two texts, each text behind its size; or a span, 's', the number of its
// group, which came before it in the same segment, and its body. Numbers and sizes are varints. A process that was killed
// may leave half a record at the end: its span had not been taken yet.
const (
	segmentMagic  = "clewspl1"
	segmentHeader = 16
	recordHeader  = 8
	// maxRecord bounds what a size in a damaged file can ask for.
	maxRecord = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// segment is one file of a spool. The spool's lock guards it.
type segment struct {
	path    string
	file    *os.File
	size    int64 // written
	spans   int   // in it and not sent when it was opened, or written since
	taken   int   // of those
	groups  map[*otlp.Group]uint64
	removed bool
}

// createSegment makes a new file.
func createSegment(path string) (*segment, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	header := make([]byte, segmentHeader)
	copy(header, segmentMagic)
	binary.LittleEndian.PutUint64(header[8:], segmentHeader)
	if _, err := f.Write(header); err != nil {
		_ = f.Close()
		_ = os.Remove(path)
		return nil, err
	}
	return &segment{path: path, file: f, size: segmentHeader, groups: map[*otlp.Group]uint64{}}, nil
}

// openSegment opens a file that another process has left, and counts what has not been sent of it.
func openSegment(path string) (*segment, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	s := &segment{path: path, file: f}
	info, err := f.Stat()
	if err == nil {
		s.size = info.Size()
		r := segmentReader{segment: s}
		err = r.open()
		for err == nil {
			_, _, err = r.next(s.size)
			if err == nil {
				s.spans++
			}
		}
	}
	if err != io.EOF {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// appendRecords appends records of a batch to b, with those of groups that this segment does not have yet.
func (s *segment) appendRecords(b []byte, from *batch) []byte {
	start := 0
	for _, e := range from.spans {
		id, known := s.groups[e.group]
		if !known {
			id = uint64(len(s.groups))
			s.groups[e.group] = id
			b = appendRecord(b, func(b []byte) []byte {
				b = binary.AppendUvarint(append(b, 'g'), id)
				b = append(binary.AppendUvarint(b, uint64(len(e.group.Resource))), e.group.Resource...)
				return append(binary.AppendUvarint(b, uint64(len(e.group.Scope))), e.group.Scope...)
			})
		}
		body := from.buf[start:e.end]
		start = e.end
		b = appendRecord(b, func(b []byte) []byte {
			return append(binary.AppendUvarint(append(b, 's'), id), body...)
		})
	}
	return b
}

func appendRecord(b []byte, payload func([]byte) []byte) []byte {
	mark := len(b)
	b = payload(append(b, make([]byte, recordHeader)...))
	content := b[mark+recordHeader:]
	binary.LittleEndian.PutUint32(b[mark:], uint32(len(content)))
	binary.LittleEndian.PutUint32(b[mark+4:], crc32.Checksum(content, castagnoli))
	return b
}

// sent notes how far the spans have been sent.
func (s *segment) sent(offset int64) error {
	_, err := s.file.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(offset)), 8)
	return err
}

// remove deletes the file.
func (s *segment) remove() error {
	s.removed = true
	return errors.Join(s.file.Close(), os.Remove(s.path))
}

// segmentReader reads the spans of a segment that have not been sent.
type segmentReader struct {
	*segment
	offset int64 // of the next record
	from   int64 // spans before this have been sent
	groups map[uint64]*otlp.Group
	ahead  []byte // of the file, from offset on
}

func (r *segmentReader) open() error {
	header := make([]byte, segmentHeader)
	if _, err := r.file.ReadAt(header, 0); err != nil {
		return fmt.Errorf("it is no segment of a spool: %w", err)
	}
	from := binary.LittleEndian.Uint64(header[8:])
	if !bytes.HasPrefix(header, []byte(segmentMagic)) || from < segmentHeader || from > math.MaxInt64 {
		return errors.New("it is no segment of a spool")
	}
	r.offset, r.from, r.groups = segmentHeader, int64(from), map[uint64]*otlp.Group{}
	return nil
}

// next returns the next span, valid until the call after; io.EOF at the end, which is at limit or where a record is
// damaged.
func (r *segmentReader) next(limit int64) (g *otlp.Group, body []byte, err error) {
	for {
		payload, err := r.record(limit)
		if err != nil {
			return nil, nil, err
		}
		kind, rest := payload[0], payload[1:]
		id, n := binary.Uvarint(rest)
		if n <= 0 {
			return nil, nil, io.EOF
		}
		rest = rest[n:]
		switch kind {
		case 'g':
			var g otlp.Group
			var ok, ok2 bool
			g.Resource, rest, ok = cutText(rest)
			g.Scope, _, ok2 = cutText(rest)
			if !ok || !ok2 {
				return nil, nil, io.EOF
			}
			r.groups[id] = &g
		case 's':
			if r.offset <= r.from {
				continue
			}
			if g := r.groups[id]; g != nil {
				return g, rest, nil
			}
			return nil, nil, io.EOF
		}
	}
}

func cutText(b []byte) (text string, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	return string(b[n : n+int(size)]), b[n+int(size):], true
}

// record reads one record's payload, which is not empty.
func (r *segmentReader) record(limit int64) ([]byte, error) {
	header, err := r.peek(recordHeader, limit)
	if err != nil {
		return nil, err
	}
	size, sum := binary.LittleEndian.Uint32(header), binary.LittleEndian.Uint32(header[4:])
	if size == 0 || size > maxRecord {
		return nil, io.EOF
	}
	all, err := r.peek(recordHeader+int(size), limit)
	if err != nil {
		return nil, err
	}
	payload := all[recordHeader:]
	if crc32.Checksum(payload, castagnoli) != sum {
		return nil, io.EOF
	}
	r.offset += int64(len(all))
	r.ahead = r.ahead[len(all):]
	return payload, nil
}

// readAhead is how much is read at once.
const readAhead = 256 << 10

// peek returns the next n bytes of the file.
func (r *segmentReader) peek(n int, limit int64) ([]byte, error) {
	if r.offset+int64(n) > limit {
		return nil, io.EOF
	}
	if len(r.ahead) < n {
		room := make([]byte, min(int64(max(n, readAhead)), limit-r.offset))
		if _, err := r.file.ReadAt(room, r.offset); err != nil {
			return nil, err
		}
		r.ahead = room
	}
	return r.ahead[:n], nil
}
