package api

import (
	"strconv"

	"github.com/clewhq/clew/server/client"
)

// outline appends what of a span is no body, as encoding/json would write it.
func (j *spanJSON) outline(o *client.SpanOutline) error {
	j.buf = append(j.buf, '{')
	for _, f := range [...]struct{ name, value string }{
		{`"trace_id":`, o.TraceID}, {`,"span_id":`, o.SpanID}, {`,"parent_span_id":`, o.ParentSpanID}, {`,"name":`, o.Name}, {`,"service":`, o.Service},
		{`,"type":`, o.Type}, {`,"kind":`, o.Kind}, {`,"status":`, o.Status}, {`,"status_message":`, o.StatusMessage},
	} {
		j.field(f.name, f.value)
	}
	j.time(`,"start_time":"`, o.StartTime)
	j.time(`,"end_time":"`, o.EndTime)
	j.number(`,"duration_ns":`, &o.DurationNS)
	j.flag(`,"open":`, &o.Open)
	j.field(`,"open_state":`, o.OpenState)
	twin := int64(o.Twin)
	j.number(`,"twin":`, &twin)
	j.flag(`,"remote_parent":`, o.RemoteParent)
	j.field(`,"session_id":`, o.SessionID)
	j.field(`,"user_id":`, o.UserID)
	j.buf = append(j.buf, `,"tags":[`...)
	for i, tag := range o.Tags {
		if i > 0 {
			j.buf = append(j.buf, ',')
		}
		j.text(tag)
	}
	j.buf = append(j.buf, ']')
	j.field(`,"provider":`, o.Provider)
	j.field(`,"model":`, o.Model)
	j.number(`,"input_tokens":`, o.InputTokens)
	j.number(`,"output_tokens":`, o.OutputTokens)
	j.buf = append(j.buf, `,"cost":`...)
	if o.Cost == nil {
		j.buf = append(j.buf, "null"...)
	} else if err := j.value(*o.Cost); err != nil {
		return err
	}
	j.field(`,"trace_state":`, o.TraceState)
	j.field(`,"scope":{"name":`, o.Scope.Name)
	j.field(`,"version":`, o.Scope.Version)
	j.buf = append(j.buf, "}}"...)
	return nil
}

func (j *spanJSON) field(name, value string) {
	j.buf = append(j.buf, name...)
	j.text(value)
}

// time appends a time. name ends with the quote that begins it.
func (j *spanJSON) time(name string, t client.Time) {
	j.buf, _ = t.AppendText(append(j.buf, name...)) // it never fails
	j.buf = append(j.buf, '"')
}

func (j *spanJSON) number(name string, n *int64) {
	if j.buf = append(j.buf, name...); n == nil {
		j.buf = append(j.buf, "null"...)
		return
	}
	j.buf = strconv.AppendInt(j.buf, *n, 10)
}

func (j *spanJSON) flag(name string, v *bool) {
	if j.buf = append(j.buf, name...); v == nil {
		j.buf = append(j.buf, "null"...)
		return
	}
	j.buf = strconv.AppendBool(j.buf, *v)
}
