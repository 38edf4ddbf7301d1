package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/clewhq/clew/server/client"
)

// maxImport bounds a file of protobuf, which is one request; the server has a
// limit of its own.
const maxImport = 1 << 30

func importFiles(ctx context.Context, a *app, args []string) error {
	fs := a.flags("import")
	var r remote
	r.register(fs, a)
	if err := parse(fs, args); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return usageError(fs, "want files of OTLP protobuf or JSON (one document, or one a line; gzip is fine; - is standard input)")
	}
	results := []importResult{}
	var failed bool
	for _, name := range fs.Args() {
		res := importResult{File: name}
		err := importFile(ctx, a, r.client(), name, &res)
		if err != nil {
			err = r.explain(err)
			res.Error = err.Error()
			failed = true
		}
		failed = failed || res.Rejected > 0
		results = append(results, res)
		if !r.json {
			res.print(a)
		}
		var refused *client.Error
		if err != nil && !errors.As(err, &refused) && ctx.Err() != nil {
			break
		}
	}
	if r.json {
		if err := printJSON(a, results); err != nil {
			return err
		}
	}
	if failed {
		return exitCode(1)
	}
	return nil
}

// importResult is what became of one file; the fields are the JSON of --json.
type importResult struct {
	File     string `json:"file"`
	Requests int    `json:"requests"` // that the server took
	Rejected int64  `json:"rejected"` // spans that it refused
	Message  string `json:"message"`  // why, or a warning
	Error    string `json:"error"`
}

func (r importResult) print(a *app) {
	switch {
	case r.Error != "":
		_, _ = fmt.Fprintf(a.stderr, "%s: %s\n", r.File, r.Error)
	case r.Rejected > 0:
		_, _ = fmt.Fprintf(a.stderr, "%s: imported, but %d spans were refused: %s\n", r.File, r.Rejected, r.Message)
	case r.Message != "":
		_, _ = fmt.Fprintf(a.stdout, "%s: imported (%s)\n", r.File, r.Message)
	default:
		_, _ = fmt.Fprintf(a.stdout, "%s: imported\n", r.File)
	}
}

func importFile(ctx context.Context, a *app, c *client.Client, name string, res *importResult) error {
	in := a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	buffered := bufio.NewReader(in)
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		buffered = bufio.NewReader(unzipped)
	}
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3)
	}
	send := func(contentType string, body []byte) error {
		got, err := c.Import(ctx, contentType, bytes.NewReader(body))
		if err != nil {
			return err
		}
		res.Requests++
		res.Rejected += got.Rejected
		if got.Message != "" {
			res.Message = got.Message
		}
		return nil
	}
	if looksLikeJSON(buffered) {
		return importJSON(buffered, send)
	}
	body, err := io.ReadAll(io.LimitReader(buffered, maxImport))
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return errors.New("the file is empty")
	}
	return send("application/x-protobuf", body)
}

// looksLikeJSON peeks at how in begins. Protobuf begins with the tag of
// resource_spans, which is a line feed, and a length, which may be any byte: an
// opening brace alone proves nothing, one before a quote or its own end does.
func looksLikeJSON(in *bufio.Reader) bool {
	const space = " \t\r\n"
	head, _ := in.Peek(512)
	object, ok := bytes.CutPrefix(bytes.TrimLeft(head, space), []byte("{"))
	object = bytes.TrimLeft(object, space)
	return ok && len(object) > 0 && (object[0] == '"' || object[0] == '}')
}

// importJSON sends each document of a stream of OTLP/JSON documents.
func importJSON(in io.Reader, send func(string, []byte) error) error {
	dec := json.NewDecoder(in)
	for n := 1; ; n++ {
		var doc json.RawMessage
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
		var keys struct {
			Spans      json.RawMessage `json:"resourceSpans"`
			SnakeSpans json.RawMessage `json:"resource_spans"`
		}
		if err := json.Unmarshal(doc, &keys); err != nil || keys.Spans == nil && keys.SnakeSpans == nil {
			return fmt.Errorf("document %d is JSON, but no OTLP traces: want an object with resourceSpans", n)
		}
		if err := send("application/json", doc); err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
	}
}
