package clew

import (
	"testing"
	"unsafe"
)

// Go's allocator puts what is over 512 bytes and has pointers behind a word of its own, into places of 576, 640, 704 bytes.
func TestASpanFitsIntoItsPlace(t *testing.T) {
	if size := unsafe.Sizeof(recorded{}); size > 640-8 {
		t.Errorf("a span takes %d bytes", size)
	}
}
