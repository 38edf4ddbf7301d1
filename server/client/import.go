package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxImportAnswer bounds the answer to an import, which is a sentence long.
const maxImportAnswer = 1 << 20

// ImportResult is what the server says about a body that it took.
type ImportResult struct {
	Rejected int64  // spans that it refused; the others are stored
	Message  string // why it refused them, or a warning; "" when all is well
}

// Import sends one OTLP ExportTraceServiceRequest as it is. contentType is
// application/x-protobuf or application/json.
func (c *Client) Import(ctx context.Context, contentType string, body io.Reader) (ImportResult, error) {
	resp, err := c.do(ctx, http.MethodPost, "/v1/traces", nil, http.Header{"Content-Type": {contentType}}, body)
	if err != nil {
		return ImportResult{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxImportAnswer))
	if err != nil {
		return ImportResult{}, fmt.Errorf("read the answer to the import: %w", err)
	}
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var out ImportResult
	if mediaType == "application/json" {
		out, err = partialJSON(b)
	} else {
		out, err = partialProto(b)
	}
	if err != nil {
		return ImportResult{}, fmt.Errorf("read the answer to the import: %w", err)
	}
	return out, nil
}

// partialJSON reads an ExportTraceServiceResponse in OTLP's JSON, where 64-bit
// integers are strings and a lenient sender writes numbers.
func partialJSON(b []byte) (ImportResult, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return ImportResult{}, nil
	}
	var body struct {
		PartialSuccess struct {
			RejectedSpans json.RawMessage `json:"rejectedSpans"`
			ErrorMessage  string          `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if err := json.Unmarshal(b, &body); err != nil {
		return ImportResult{}, err
	}
	out := ImportResult{Message: body.PartialSuccess.ErrorMessage}
	if n := bytes.Trim(body.PartialSuccess.RejectedSpans, `"`); len(n) > 0 {
		var err error
		if out.Rejected, err = strconv.ParseInt(string(n), 10, 64); err != nil {
			return ImportResult{}, fmt.Errorf("rejectedSpans: %w", err)
		}
	}
	return out, nil
}

// Field numbers of OTLP's ExportTraceServiceResponse and
// ExportTracePartialSuccess, and of google.rpc.Status.
const (
	fieldPartialSuccess = 1
	fieldRejectedSpans  = 1
	fieldErrorMessage   = 2
	fieldStatusMessage  = 2
)

func partialProto(b []byte) (out ImportResult, err error) {
	err = eachField(b, func(num protowire.Number, n uint64, v []byte) error {
		if num != fieldPartialSuccess {
			return nil
		}
		return eachField(v, func(num protowire.Number, n uint64, v []byte) error {
			switch num {
			case fieldRejectedSpans:
				out.Rejected = int64(n)
			case fieldErrorMessage:
				out.Message = string(v)
			}
			return nil
		})
	})
	return out, err
}

// statusMessage returns the message of a google.rpc.Status, "" when b is none.
func statusMessage(b []byte) (message string) {
	err := eachField(b, func(num protowire.Number, _ uint64, v []byte) error {
		if num == fieldStatusMessage {
			message = string(v)
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return message
}

var errProto = errors.New("malformed protobuf")

// eachField calls fn for each field of a message with its value: n of a varint,
// v of a length-delimited field. Other types are skipped.
func eachField(b []byte, fn func(num protowire.Number, n uint64, v []byte) error) error {
	for len(b) > 0 {
		num, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errProto
		}
		b = b[size:]
		var n uint64
		var v []byte
		switch typ {
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			v, size = protowire.ConsumeBytes(b)
		default:
			size = protowire.ConsumeFieldValue(num, typ, b)
		}
		if size < 0 {
			return errProto
		}
		b = b[size:]
		if typ == protowire.VarintType || typ == protowire.BytesType {
			if err := fn(num, n, v); err != nil {
				return err
			}
		}
	}
	return nil
}
