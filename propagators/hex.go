package propagators

const hexDigits = "0123456789abcdef"

// lowerHex decodes src, which must be exactly twice as long as dst and lower case.
func lowerHex(dst []byte, src string) bool {
	var bad byte // what is no digit sets its high bits
	for i := range dst {
		hi, lo := nibble(src[2*i]), nibble(src[2*i+1])
		bad |= hi | lo
		dst[i] = hi<<4 | lo
	}
	return bad < 16
}

// anyHex is lowerHex for digits in either case.
func anyHex(dst []byte, src string) bool {
	var bad byte
	for i := range dst {
		hi, lo := nibbleFold(src[2*i]), nibbleFold(src[2*i+1])
		bad |= hi | lo
		dst[i] = hi<<4 | lo
	}
	return bad < 16
}

// nibbles are the values of lower-case digits; everything else is 0xff.
var nibbles, nibblesFold = digits()

func digits() (lower, fold [256]byte) {
	for c := range lower {
		lower[c], fold[c] = 0xff, 0xff
	}
	for i := range byte(16) {
		c := hexDigits[i]
		lower[c], fold[c] = i, i
		if c >= 'a' {
			fold[c-'a'+'A'] = i
		}
	}
	return lower, fold
}

func nibble(c byte) byte { return nibbles[c] }

// nibbleFold reads a digit in either case.
func nibbleFold(c byte) byte { return nibblesFold[c] }

func appendHex(b, src []byte) []byte {
	for _, c := range src {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

func (c *Carried) appendTraceID(b []byte) []byte {
	id := c.SpanContext.TraceID()
	return appendHex(b, id[:])
}

func (c *Carried) appendSpanID(b []byte) []byte {
	id := c.SpanContext.SpanID()
	return appendHex(b, id[:])
}
