package ingest

import (
	"errors"
	"fmt"
	"math"

	"github.com/VictoriaMetrics/easyproto"
)

// field is easyproto's reader of one field.
type field = easyproto.FieldContext

// errProto is a body, or a part of it, that isn't protobuf.
var errProto = errors.New("not valid protobuf")

// fields calls fn for each field of a message. It stops at an error of fn.
func fields(src []byte, fn func(f *field) error) error {
	var f field
	for len(src) > 0 {
		var err error
		if src, err = f.NextField(src); err != nil {
			return fmt.Errorf("%w: %w", errProto, err)
		}
		if f.FieldNum == 0 {
			return fmt.Errorf("%w: field number 0", errProto)
		}
		if err := fn(&f); err != nil {
			return err
		}
	}
	return nil
}

// message calls decode with the field's content if it is a message.
func message(f *field, decode func(src []byte) error) error {
	if src, ok := f.MessageData(); ok {
		return decode(src)
	}
	return nil
}

// text returns the field's content if it is a string, else "".
func text(f *field) string {
	s, _ := f.String()
	return s
}

// addCount adds a dropped-count to what was dropped here.
func addCount(f *field, to *uint32) {
	n, _ := f.Uint32()
	*to = uint32(min(uint64(*to)+uint64(n), math.MaxUint32))
}
