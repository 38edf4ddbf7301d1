package dialect

import "github.com/clewhq/clew/server/internal/trace"

// fromEvent makes the value of an attribute of the first event of that name
// that has one. A log record may have its attributes in its body.
func fromEvent(event, key string) func(*trace.Span) (trace.Value, string) {
	return func(s *trace.Span) (trace.Value, string) {
		for i := range s.Events {
			if s.Events[i].Name != event {
				continue
			}
			for _, as := range []trace.Attributes{s.Events[i].Attributes, body(&s.Events[i])} {
				if v, ok := as.Get(key); ok && isSomething(v) {
					return v, "event " + event + ": " + key
				}
			}
		}
		return trace.Value{}, ""
	}
}

// firstEvent makes the time from the span's start to its first event of a name.
func firstEvent(name string) func(*trace.Span) (trace.Value, string) {
	return func(s *trace.Span) (trace.Value, string) {
		for i := range s.Events {
			if e := &s.Events[i]; e.Name == name && e.Time >= s.Start {
				return trace.DoubleValue(float64(e.Time-s.Start) / 1e9), "event " + name
			}
		}
		return trace.Value{}, ""
	}
}

// body returns what a log record has for a body, when that is a map.
func body(e *trace.Event) trace.Attributes {
	v, _ := e.Attributes.Get("body")
	if v.Type == trace.Map {
		return v.Map
	}
	return nil
}
