package ingest

import "cmp"

// protoRecord decodes a LogRecord.
func (b *batch) protoRecord(src []byte) (r record, err error) {
	var bad error // the first
	err = fields(src, func(f *field) error {
		switch f.FieldNum {
		case 1:
			r.time, _ = f.Fixed64()
		case 3:
			r.severity = b.name(text(f))
		case 5:
			return message(f, func(src []byte) error {
				deep := false
				var err error
				r.body, err = b.protoValue(src, 0, &deep)
				b.boundBody(&r, deep)
				return err
			})
		case 6:
			return b.protoAttribute(f, &r.attributes, &r.dropped)
		case 7:
			addCount(f, &r.dropped)
		case 9:
			raw, _ := f.Bytes()
			bad = cmp.Or(bad, setTraceID(&r.traceID, raw))
		case 10:
			raw, _ := f.Bytes()
			bad = cmp.Or(bad, setSpanID(&r.spanID, "span id", raw))
		case 11:
			r.observed, _ = f.Fixed64()
		case 12:
			r.name = b.name(text(f))
		}
		return nil
	})
	if err == nil {
		err = bad
	}
	return r, err
}
