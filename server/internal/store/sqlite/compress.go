package sqlite

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/klauspost/compress/zstd"
)

// The first byte of packed bytes says how the rest is packed.
const (
	packedRaw  byte = 0
	packedZstd byte = 1
)

// minCompress is the size below which a zstd frame's own header eats the gain.
const minCompress = 128

// maxBody bounds what a damaged frame can make us allocate.
const maxBody = 1 << 30

// cores is how many processors there are. A server lets Go run more threads later.
var cores = runtime.GOMAXPROCS(0)

// packer compresses and uncompresses. It is safe for concurrent use.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// newPacker makes a packer. It is a quick one: the next level takes twice the time
// for a frame of quiet traces and makes it 6 % smaller.
func newPacker() (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(cores))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBody), zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, err
	}
	return &packer{enc, dec}, nil
}

func (p *packer) close() { p.dec.Close() }

// pack returns raw as it is stored; it keeps nothing of raw.
func (p *packer) pack(raw []byte) []byte { return p.packTo(nil, raw) }

// packTo is pack that appends to dst.
func (p *packer) packTo(dst, raw []byte) []byte {
	if len(raw) < minCompress {
		return append(append(dst, packedRaw), raw...)
	}
	return p.enc.EncodeAll(raw, append(dst, packedZstd))
}

// unpack returns what was packed. The string may share data's memory.
func (p *packer) unpack(data []byte) (string, error) {
	if len(data) > 0 && data[0] == packedRaw {
		return unsafe.String(unsafe.SliceData(data[1:]), len(data)-1), nil
	}
	raw, err := p.unpackTo(nil, data)
	return unsafe.String(unsafe.SliceData(raw), len(raw)), err
}

// unpackTo appends what was packed to dst. It keeps nothing of data.
func (p *packer) unpackTo(dst, data []byte) ([]byte, error) {
	if len(data) == 0 {
		return dst, errCorrupt
	}
	switch data[0] {
	case packedRaw:
		return append(dst, data[1:]...), nil
	case packedZstd:
		out, err := p.dec.DecodeAll(data[1:], dst)
		if err != nil {
			return dst, fmt.Errorf("%w: %w", errCorrupt, err)
		}
		return out, nil
	default:
		return dst, errCorrupt
	}
}
