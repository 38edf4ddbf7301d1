package ingest

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"
)

// The few messages that are sent, written by hand.

// appendField writes a length-delimited field.
func appendField(dst []byte, num int, content string) []byte {
	dst = binary.AppendUvarint(dst, uint64(num)<<3|2)
	dst = binary.AppendUvarint(dst, uint64(len(content)))
	return append(dst, content...)
}

// appendInt writes a varint field, leaving out 0 as proto3 does.
func appendInt(dst []byte, num int, v int64) []byte {
	if v == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(num)<<3)
	return binary.AppendUvarint(dst, uint64(v))
}

// proto writes an Export…ServiceResponse. The three signals' have one shape.
func (a answer) proto() []byte {
	if a == (answer{}) {
		return nil
	}
	partial := appendInt(nil, 1, int64(a.rejected))
	if a.message != "" {
		partial = appendField(partial, 2, a.message)
	}
	return appendField(nil, 1, string(partial))
}

// json writes the same in OTLP/JSON; rejects is the counter's name.
func (a answer) json(rejects string) []byte {
	if a == (answer{}) {
		return []byte("{}")
	}
	partial := map[string]string{}
	if a.rejected != 0 {
		partial[rejects] = strconv.Itoa(a.rejected) // 64-bit integers are strings in protobuf's JSON
	}
	if a.message != "" {
		partial["errorMessage"] = a.message
	}
	return mustJSON(map[string]any{"partialSuccess": partial})
}

// proto writes a google.rpc.Status, with a google.rpc.RetryInfo when the sender
// is to come back.
func (f *failure) proto() []byte {
	dst := appendInt(nil, 1, int64(f.code))
	dst = appendField(dst, 2, f.message)
	if f.retry > 0 {
		duration := appendInt(nil, 1, int64(f.retry/time.Second))
		duration = appendInt(duration, 2, int64(f.retry%time.Second))
		details := appendField(nil, 1, "type.googleapis.com/google.rpc.RetryInfo")
		details = appendField(details, 2, string(appendField(nil, 1, string(duration))))
		dst = appendField(dst, 3, string(details))
	}
	return dst
}

// json writes a google.rpc.Status.
func (f *failure) json() []byte {
	return mustJSON(map[string]any{"code": int32(f.code), "message": f.message})
}

// mustJSON marshals maps of strings and numbers, which cannot fail.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
