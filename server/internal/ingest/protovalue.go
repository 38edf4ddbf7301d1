package ingest

import (
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// protoAttribute decodes a KeyValue and appends it to list.
func (b *batch) protoAttribute(f *field, list *trace.Attributes, dropped *uint32) error {
	if !b.charge(attributeSize) {
		return b.failed
	}
	return b.protoAttributeKept(f, list, dropped)
}

// protoAttributeKept is protoAttribute with the list's memory already charged.
func (b *batch) protoAttributeKept(f *field, list *trace.Attributes, dropped *uint32) error {
	src, ok := f.MessageData()
	if !ok {
		return nil
	}
	deep := false
	kv, err := b.protoKeyValue(src, 0, &deep)
	if err == nil {
		*list = b.keep(*list, kv, deep, dropped)
	}
	return err
}

func (b *batch) protoKeyValue(src []byte, depth int, deep *bool) (kv trace.Attribute, err error) {
	var f field
	for len(src) > 0 {
		if src, err = f.NextField(src); err != nil {
			return kv, fmt.Errorf("%w: %w", errProto, err)
		}
		switch f.FieldNum {
		case 1:
			kv.Key = b.clean(text(&f))
		case 2:
			if v, ok := f.MessageData(); ok {
				if kv.Value, err = b.protoValue(v, depth, deep); err != nil {
					return kv, err
				}
			}
		}
	}
	return kv, nil
}

// protoValue decodes an AnyValue. Of a oneof's fields the last counts. Beyond
// maxDepth nothing is decoded and deep is set.
func (b *batch) protoValue(src []byte, depth int, deep *bool) (v trace.Value, err error) {
	if depth > maxDepth {
		*deep = true
		return v, nil
	}
	var f field
	for len(src) > 0 {
		if src, err = f.NextField(src); err != nil {
			return v, fmt.Errorf("%w: %w", errProto, err)
		}
		switch f.FieldNum {
		case 1:
			if s, ok := f.String(); ok {
				v = trace.StringValue(b.clean(s))
			}
		case 2:
			if t, ok := f.Bool(); ok {
				v = trace.BoolValue(t)
			}
		case 3:
			if n, ok := f.Int64(); ok {
				v = trace.IntValue(n)
			}
		case 4:
			if d, ok := f.Double(); ok {
				v = trace.DoubleValue(d)
			}
		case 5:
			if list, ok := f.MessageData(); ok {
				v, err = b.protoArray(list, depth, deep)
			}
		case 6:
			if list, ok := f.MessageData(); ok {
				v, err = b.protoMap(list, depth, deep)
			}
		case 7:
			if raw, ok := f.Bytes(); ok {
				v = trace.BytesValue(raw)
			}
		}
		if err != nil {
			return v, err
		}
	}
	return v, nil
}

func (b *batch) protoArray(src []byte, depth int, deep *bool) (trace.Value, error) {
	v := trace.ArrayValue()
	err := fields(src, func(f *field) error {
		e, ok := f.MessageData()
		if f.FieldNum != 1 || !ok || *deep {
			return nil
		}
		if !b.charge(valueSize) {
			return b.failed
		}
		el, err := b.protoValue(e, depth+1, deep)
		v.Array = append(v.Array, el)
		return err
	})
	return v, err
}

func (b *batch) protoMap(src []byte, depth int, deep *bool) (trace.Value, error) {
	v := trace.MapValue()
	err := fields(src, func(f *field) error {
		e, ok := f.MessageData()
		if f.FieldNum != 1 || !ok || *deep {
			return nil
		}
		if !b.charge(attributeSize) {
			return b.failed
		}
		kv, err := b.protoKeyValue(e, depth+1, deep)
		v.Map = append(v.Map, kv)
		return err
	})
	return v, err
}
