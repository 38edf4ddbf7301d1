package api

import (
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/trace"
)

// This file turns the domain's types into the wire's. Absent lists and maps
// become empty ones, so that no client meets a null where it wants to loop.

func wireTime(t trace.Time) client.Time {
	if t == 0 {
		return client.Time{}
	}
	return client.Time{Time: t.Std()}
}

func wireList[T, U any](in []T, convert func(T) U) []U {
	out := make([]U, len(in))
	for i, v := range in {
		out[i] = convert(v)
	}
	return out
}

func wireStrings(in []string) []string {
	if in == nil {
		return []string{}
	}
	return in
}

func wireSummary(s trace.Summary) client.TraceSummary {
	return client.TraceSummary{
		TraceID: s.TraceID.String(), Name: s.Name,
		StartTime: wireTime(s.Start), EndTime: wireTime(s.End), DurationNS: s.Duration(),
		Services: wireStrings(s.Services), SpanCount: s.SpanCount, ErrorCount: s.ErrorCount,
		RootCount: s.RootCount, OrphanCount: s.OrphanCount, SessionID: s.Session, UserID: s.User,
		InputTokens: s.InputTokens, OutputTokens: s.OutputTokens, Cost: wireMoney(s.Cost),
	}
}

func wireSession(s trace.SessionSummary) client.SessionSummary {
	return client.SessionSummary{
		SessionID: s.ID, UserID: s.User, TraceCount: s.TraceCount, SpanCount: s.SpanCount, ErrorCount: s.ErrorCount,
		StartTime: wireTime(s.Start), EndTime: wireTime(s.End),
		InputTokens: s.InputTokens, OutputTokens: s.OutputTokens, Cost: wireMoney(s.Cost),
	}
}

func wireMoney(m *trace.Money) *float64 {
	if m == nil {
		return nil
	}
	dollars := m.Dollars()
	return &dollars
}

// wireOutline converts what of a span is no body. twin is its place among the
// spans that share its id.
func wireOutline(s *trace.Span, twin int) client.SpanOutline {
	out := client.SpanOutline{
		TraceID: s.TraceID.String(), SpanID: s.ID.String(), ParentSpanID: s.ParentID.String(),
		Name: s.Name, Service: s.Service, Type: s.Type, Kind: s.Kind.String(),
		Status: s.Status.String(), StatusMessage: s.StatusMessage,
		StartTime: wireTime(s.Start), EndTime: wireTime(s.End), DurationNS: s.Duration(), Open: s.Open(), OpenState: string(s.OpenState(trace.Time(time.Now().UnixNano()))), Twin: twin,
		SessionID: s.Session, UserID: s.User, Tags: wireStrings(s.Tags),
		Provider: s.Provider, Model: s.Model, InputTokens: s.InputTokens, OutputTokens: s.OutputTokens, Cost: wireMoney(s.Cost),
		TraceState: s.TraceState, Scope: client.Scope{Name: s.Scope.Name, Version: s.Scope.Version},
	}
	if remote, known := s.RemoteParent(); known {
		out.RemoteParent = &remote
	}
	return out
}

func wireSpan(s *trace.Span, twin int) client.Span {
	out := client.Span{
		SpanOutline: wireOutline(s, twin),
		Input:       s.Input,
		Output:      s.Output,
		Metadata:    s.Metadata,
		Attributes:  wireAttributes(s.Attributes),
		Events:      wireList(s.Events, wireEvent),
		Links:       wireList(s.Links, wireLink),
		Scores:      wireList(s.Scores(), wireScore),
		Resource:    wireAttributes(s.Resource.Attributes),
	}
	if out.Metadata == nil {
		out.Metadata = map[string]any{}
	}
	return out
}

func wirePlaceholder(p trace.Placeholder) client.Placeholder {
	return client.Placeholder{SpanID: p.ID.String(), ParentSpanID: p.ParentID.String(), Name: p.Name}
}

func wireEvent(e trace.Event) client.Event {
	return client.Event{Name: e.Name, Time: wireTime(e.Time), Attributes: wireAttributes(e.Attributes)}
}

func wireLink(l trace.Link) client.Link {
	return client.Link{TraceID: l.TraceID.String(), SpanID: l.SpanID.String(), TraceState: l.TraceState, Attributes: wireAttributes(l.Attributes)}
}

func wireScore(s trace.Score) client.Score {
	return client.Score{Name: s.Name, Value: s.Value, Label: s.Label, Explanation: s.Explanation, Source: s.Source, Time: wireTime(s.Time)}
}

func wireAttributes(in []trace.Attribute) []client.Attribute { return wireList(in, wireAttribute) }

func wireAttribute(a trace.Attribute) client.Attribute {
	return client.Attribute{Key: a.Key, Value: wireValue(a.Value)}
}

func wireValue(v trace.Value) client.Value {
	out := client.Value{Type: v.Type.String()}
	switch v.Type {
	case trace.Int, trace.Bytes:
		out.V = v.Text()
	case trace.Array:
		out.V = wireList(v.Array, wireValue)
	case trace.Map:
		out.V = wireAttributes(v.Map)
	default:
		out.V = v.Plain()
	}
	return out
}
