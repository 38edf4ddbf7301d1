package api

import (
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// outline appends what of a span is no body, as encoding/json would write what
// wireOutline makes of it. twin is its place among the spans that share its id.
func (j *spanJSON) outline(s *trace.Span, twin int) error {
	j.id(`{"trace_id":"`, s.TraceID[:])
	j.spanID(`,"span_id":"`, s.ID)
	j.spanID(`,"parent_span_id":"`, s.ParentID)
	for _, f := range [...]struct{ name, value string }{
		{`,"name":`, s.Name}, {`,"service":`, s.Service}, {`,"type":`, s.Type},
		{`,"kind":`, s.Kind.String()}, {`,"status":`, s.Status.String()}, {`,"status_message":`, s.StatusMessage},
	} {
		j.field(f.name, f.value)
	}
	j.time(`,"start_time":"`, s.Start)
	j.time(`,"end_time":"`, s.End)
	j.whole(`,"duration_ns":`, s.Duration())
	j.flag(`,"open":`, s.Open())
	j.field(`,"open_state":`, string(s.OpenState(trace.Time(time.Now().UnixNano()))))
	j.whole(`,"twin":`, int64(twin))
	if remote, known := s.RemoteParent(); known {
		j.flag(`,"remote_parent":`, remote)
	} else {
		j.buf = append(j.buf, `,"remote_parent":null`...)
	}
	j.field(`,"session_id":`, s.Session)
	j.field(`,"user_id":`, s.User)
	j.buf = append(j.buf, `,"tags":[`...)
	for i, tag := range s.Tags {
		if i > 0 {
			j.buf = append(j.buf, ',')
		}
		j.text(tag)
	}
	j.buf = append(j.buf, ']')
	j.field(`,"provider":`, s.Provider)
	j.field(`,"model":`, s.Model)
	j.number(`,"input_tokens":`, s.InputTokens)
	j.number(`,"output_tokens":`, s.OutputTokens)
	j.buf = append(j.buf, `,"cost":`...)
	switch cost := wireMoney(s.Cost); {
	case cost == nil:
		j.buf = append(j.buf, "null"...)
	case isShort(*cost):
		j.double(*cost)
	default:
		if err := j.value(*cost); err != nil {
			return err
		}
	}
	j.field(`,"trace_state":`, s.TraceState)
	j.field(`,"scope":{"name":`, s.Scope.Name)
	j.field(`,"version":`, s.Scope.Version)
	j.buf = append(j.buf, "}}"...)
	return nil
}

// id appends an id. name ends with the quote that begins it.
func (j *spanJSON) id(name string, id []byte) {
	j.buf = append(hex.AppendEncode(append(j.buf, name...), id), '"')
}

func (j *spanJSON) spanID(name string, id trace.SpanID) {
	if id.IsZero() {
		j.buf = append(append(j.buf, name...), '"')
		return
	}
	j.id(name, id[:])
}

func (j *spanJSON) field(name, value string) {
	j.buf = append(j.buf, name...)
	j.text(value)
}

// time appends a time. name ends with the quote that begins it. Of times within
// one second, as those of a trace often are, only the first is laid out.
func (j *spanJSON) time(name string, t trace.Time) {
	j.buf = append(j.buf, name...)
	if second := int64(t / 1e9); second > 0 && second == j.second {
		fraction := len(j.buf) + len(j.stamp)
		j.buf = strconv.AppendInt(append(j.buf, j.stamp[:]...), 1e9+int64(t%1e9), 10)
		j.buf[fraction] = '.' // instead of 1
		j.buf = append(j.buf, 'Z')
	} else {
		from := len(j.buf)
		j.buf, _ = wireTime(t).AppendText(j.buf) // it never fails
		if second > 0 {
			j.second = second
			copy(j.stamp[:], j.buf[from:])
		}
	}
	j.buf = append(j.buf, '"')
}

func (j *spanJSON) whole(name string, n int64) {
	j.buf = strconv.AppendInt(append(j.buf, name...), n, 10)
}

func (j *spanJSON) number(name string, n *int64) {
	if n == nil {
		j.buf = append(append(j.buf, name...), "null"...)
		return
	}
	j.whole(name, *n)
}

// isShort reports whether encoding/json writes f without an exponent.
func isShort(f float64) bool {
	abs := math.Abs(f)
	return abs == 0 || abs >= 1e-6 && abs < 1e21
}

// double appends a number that is short.
func (j *spanJSON) double(f float64) { j.buf = strconv.AppendFloat(j.buf, f, 'f', -1, 64) }

func (j *spanJSON) flag(name string, v bool) {
	j.buf = strconv.AppendBool(append(j.buf, name...), v)
}
