package memory

import (
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// outline returns a copy of s without its body, so that no test comes to rely
// on what the contract lets an engine leave out.
func outline(s *trace.Span) *trace.Span {
	c := *s
	c.Attributes, c.Events, c.Links, c.Input, c.Output, c.Metadata = nil, nil, nil, "", "", nil
	c.CostFrom, c.Again = "", 0
	r := *s.Resource
	r.Attributes = nil
	c.Resource = &r
	cloneRest(&c)
	return &c
}

// clone returns a copy of s that shares nothing but Resource and Scope.
func clone(s *trace.Span) *trace.Span {
	c := *s
	c.Attributes = cloneAttributes(s.Attributes)
	c.Events = slices.Clone(s.Events)
	for i := range c.Events {
		c.Events[i].Attributes = cloneAttributes(c.Events[i].Attributes)
	}
	c.Links = slices.Clone(s.Links)
	for i := range c.Links {
		c.Links[i].Attributes = cloneAttributes(c.Links[i].Attributes)
	}
	if s.Metadata != nil {
		c.Metadata = clonePlain(s.Metadata).(map[string]any)
	}
	cloneRest(&c)
	return &c
}

func cloneRest(s *trace.Span) {
	s.Tags = slices.Clone(s.Tags)
	s.InputTokens = clonePointer(s.InputTokens)
	s.OutputTokens = clonePointer(s.OutputTokens)
	s.Cost = clonePointer(s.Cost)
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneAttributes(as []trace.Attribute) []trace.Attribute {
	out := slices.Clone(as)
	for i := range out {
		out[i].Value = cloneValue(out[i].Value)
	}
	return out
}

func cloneValue(v trace.Value) trace.Value {
	v.Array = slices.Clone(v.Array)
	for i := range v.Array {
		v.Array[i] = cloneValue(v.Array[i])
	}
	v.Map = cloneAttributes(v.Map)
	return v
}

func clonePlain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clonePlain(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clonePlain(e)
		}
		return out
	default:
		return v
	}
}
