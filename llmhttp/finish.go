package llmhttp

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/llm"
)

// maxPrelude is how far into a stream the first generated token is looked for, in bytes. Some APIs repeat instructions and
// tools before it.
const maxPrelude = 1 << 20

var errCutShort = errors.New("the stream ended before the answer was whole")

// watchResponse makes the body tell rec what the caller reads of it.
func (rec *recording) watchResponse(resp *http.Response) {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // "" is as good as a wrong one
	rec.mu.Lock()
	rec.status, rec.header = resp.StatusCode, resp.Header.Clone()
	if rec.provider.stream != nil {
		rec.framing = framingOf(media)
		if f := rec.provider.framing; rec.framing == nil && f != nil && f.object && rec.askedForStream() {
			rec.framing = f
		}
	}
	if rec.framing != nil && resp.Header.Get("Content-Encoding") == "" { // what is encoded is read at the end only
		rec.scan = rec.framing.scanner()
	}
	rec.response.borrow()
	rec.stop = context.AfterFunc(rec.ctx, func() { rec.finish(llm.IncompleteCanceled, rec.ctx.Err()) })
	rec.mu.Unlock()
	if resp.Body == nil || resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols {
		rec.finish("", nil) // of an upgraded connection the body is the connection, and must stay what it is
		return
	}
	resp.Body = &responseBody{ReadCloser: resp.Body, rec: rec}
}

// received keeps what the caller has just read.
func (rec *recording) received(p []byte) {
	rec.mu.Lock()
	if !rec.done {
		rec.response.add(p)
		if rec.scan != nil {
			rec.lookForFirst()
		}
	}
	rec.mu.Unlock()
}

// lookForFirst notes the time when the first generated token has come. Whoever calls it holds the lock.
func (rec *recording) lookForFirst() {
	defer func() {
		if recover() != nil { // a defect of a parser is not to reach the caller
			rec.scan = nil
		}
	}()
	body := rec.response.kept
	for e, ok := rec.scan.next(body); ok; e, ok = rec.scan.next(body) {
		if says(rec.provider, e) {
			rec.firstAt = time.Now()
			rec.scan = nil
			return
		}
	}
	if len(body) > maxPrelude {
		rec.scan = nil
	}
}

// ended is called when reading the answer has come to its end or failed.
func (rec *recording) ended(err error) {
	switch {
	case errors.Is(err, io.EOF):
		rec.finish("", nil)
	case rec.ctx.Err() != nil:
		rec.finish(llm.IncompleteCanceled, err)
	default:
		rec.finish(llm.IncompleteBroken, err)
	}
}

// closed is called when the caller has closed the answer.
func (rec *recording) closed() { rec.finish(llm.IncompleteClosed, nil) }

// finish reads what was captured and ends the span; only the first call counts. why says what kept the answer from
// being read to its end, "" for nothing, and err what went wrong, if something did.
func (rec *recording) finish(why string, err error) {
	now := time.Now()
	rec.mu.Lock()
	if rec.done {
		rec.mu.Unlock()
		return
	}
	rec.done = true // from here on nobody else touches what was captured
	stop := rec.stop
	rec.mu.Unlock()
	if stop != nil {
		stop()
	}

	if !rec.asked {
		rec.readRequest()
		rec.span.SetName(rec.call.SpanName())
	}
	rec.readResponse(why, err)
	rec.measure(now)
	rec.rememberFailure(now)
	call := rec.call
	if !rec.content {
		call = call.WithoutContent()
	}
	attrs := llm.Attributes(call)
	if rec.status > 0 {
		attrs = append(attrs, attribute.Int("http.response.status_code", rec.status))
	}
	if rec.request.mark != "" {
		attrs = append(attrs, llm.RequestIncompleteKey.String(rec.request.mark))
	}
	if rec.response.mark != "" {
		attrs = append(attrs, llm.ResponseIncompleteKey.String(rec.response.mark))
	}
	rec.span.SetAttributes(attrs...)
	rec.span.OTel().End(trace.WithTimestamp(now))
	rec.response.giveBack()
}

// measure tells how fast a stream came that ended at a time.
func (rec *recording) measure(end time.Time) {
	if rec.firstAt.IsZero() {
		return
	}
	rec.call.TimeToFirstChunk = rec.firstAt.Sub(rec.start)
	said := rec.call.Usage.Output
	if said == nil || rec.call.TokensPerSecond > 0 { // the provider has told it
		return
	}
	tokens := *said
	if hidden := rec.call.Usage.Reasoning; hidden != nil && !shows(rec.call) { // it came before the first token
		tokens -= *hidden
	}
	if took := end.Sub(rec.firstAt); took > 0 && tokens > 1 { // the first one came at its beginning
		rec.call.TokensPerSecond = float64(tokens-1) / took.Seconds()
	}
}

// shows reports whether the model's reasoning is part of its answer.
func shows(c llm.Call) bool {
	for _, m := range c.Output {
		for _, p := range m.Parts {
			if _, ok := p.(llm.Reasoning); ok {
				return true
			}
		}
	}
	return false
}

// readResponse takes what the captured answer says.
func (rec *recording) readResponse(why string, err error) {
	defer func() {
		if recover() != nil { // a defect of a parser is not to reach the caller
			rec.response.mark = llm.IncompleteUnreadable
		}
	}()
	body, whole := rec.response.decoded(rec.header.Get("Content-Encoding"))
	switch {
	case rec.status == 0:
		rec.fail(err)
		return
	case rec.status >= http.StatusBadRequest:
		rec.refused(body)
		return
	case rec.status < http.StatusOK || rec.status >= http.StatusMultipleChoices:
		return // another request follows
	}
	framing := rec.streamOf(body)
	streamed := framing != nil
	var out outcome
	if streamed {
		if rec.call.Params.Stream == nil {
			rec.call.Params.Stream = new(true)
		}
		like := newTemplate(rec.provider.shape)
		out = readStream(rec.provider, &rec.call, framing, body, like)
		like.giveBack()
	} else {
		out = rec.provider.response(&rec.call, body)
	}
	switch {
	case out.complete && whole:
		err = nil // how the connection ended does not matter any more
	case why == llm.IncompleteBroken || why == llm.IncompleteCanceled:
		rec.response.mark = why
	case !whole:
		rec.response.mark = llm.IncompleteLimit
	case why != "":
		rec.response.mark = why
	case streamed:
		rec.response.mark, err = llm.IncompleteBroken, errCutShort
	default:
		rec.response.mark = llm.IncompleteUnreadable
	}
	if out.err != nil {
		rec.report(*out.err)
	} else {
		rec.fail(err)
	}
}

// streamOf returns the framing of a stream, nil for an answer in one piece. Some servers call a stream something else.
func (rec *recording) streamOf(body []byte) *framing {
	f := rec.provider.framing
	if rec.framing != nil || rec.provider.stream == nil || f == nil || !rec.askedForStream() ||
		!f.object && bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return rec.framing
	}
	return f
}

func (rec *recording) askedForStream() bool {
	return rec.call.Params.Stream != nil && *rec.call.Params.Stream
}

// refused records an answer whose status is an error.
func (rec *recording) refused(body []byte) {
	e := errorOf(body)
	if e == nil {
		e = &apiError{message: string(body[:min(len(body), 2*maxErrorText)])}
	}
	amazons, _, _ := strings.Cut(rec.header.Get("X-Amzn-Errortype"), ":") // AWS has the name in a header
	e.kind = cmp.Or(e.kind, amazons, strconv.Itoa(rec.status))
	e.message = cmp.Or(e.message, http.StatusText(rec.status))
	rec.report(*e)
}

// fail records an error that is not the provider's.
func (rec *recording) fail(err error) {
	if err != nil {
		rec.report(apiError{kind: errorKind(rec.ctx, err), message: err.Error()})
	}
}

// report gives the span the status error, in OpenTelemetry's way and by an exception event, which is what Laminar's
// server looks at.
func (rec *recording) report(e apiError) {
	if e.kind == "" {
		e.kind = "error"
	}
	e.kind, e.message = errorText(e.kind, rec.secrets), errorText(e.message, rec.secrets)
	rec.call.ErrorType = e.kind
	rec.span.AddEvent("exception",
		attribute.String("exception.type", e.kind), attribute.String("exception.message", e.message))
	rec.span.OTel().SetStatus(codes.Error, e.message)
}
