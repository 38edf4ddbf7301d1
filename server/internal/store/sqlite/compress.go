package sqlite

import (
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/clewhq/clew/server/internal/trace"
)

// The first byte of a stored body says how the rest is packed.
const (
	packedRaw  byte = 0
	packedZstd byte = 1
)

// minCompress is the size below which a zstd frame's own header eats the gain.
const minCompress = 128

// maxBody bounds what a damaged frame can make us allocate.
const maxBody = 1 << 30

// packer turns bodies into what is stored and back. It is safe for concurrent use.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newPacker() (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBody))
	if err != nil {
		return nil, err
	}
	return &packer{enc, dec}, nil
}

func (p *packer) close() { p.dec.Close() }

// pack encodes and compresses the body of s; scratch is reused.
func (p *packer) pack(s *trace.Span, scratch []byte) (packed, grown []byte, err error) {
	e := encoder{buf: scratch[:0]}
	e.body(s)
	if e.err != nil {
		return nil, e.buf, fmt.Errorf("span %s of trace %s: %w", s.ID, s.TraceID, e.err)
	}
	if len(e.buf) < minCompress {
		return append([]byte{packedRaw}, e.buf...), e.buf, nil
	}
	return p.enc.EncodeAll(e.buf, []byte{packedZstd}), e.buf, nil
}

// unpack fills in the body of s.
func (p *packer) unpack(data []byte, s *trace.Span) error {
	if len(data) == 0 {
		return errCorrupt
	}
	raw := data[1:]
	switch data[0] {
	case packedRaw:
	case packedZstd:
		var err error
		if raw, err = p.dec.DecodeAll(raw, nil); err != nil {
			return fmt.Errorf("%w: %w", errCorrupt, err)
		}
	default:
		return errCorrupt
	}
	d := decoder{buf: string(raw)}
	d.body(s)
	return d.end()
}
