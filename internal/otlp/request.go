package otlp

import (
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Tags of ExportTraceServiceRequest, ResourceSpans, ScopeSpans, Resource and InstrumentationScope.
const (
	requestResource = 1<<3 | length

	resourceSpansResource = 1<<3 | length
	resourceSpansScope    = 2<<3 | length
	resourceSpansSchema   = 3<<3 | length

	scopeSpansScope  = 1<<3 | length
	scopeSpansSpan   = 2<<3 | length
	scopeSpansSchema = 3<<3 | length

	resourceAttribute = 1<<3 | length

	scopeName      = 1<<3 | length
	scopeVersion   = 2<<3 | length
	scopeAttribute = 3<<3 | length
)

// Group is what spans have in common, encoded: the resource that made them and the instrumentation scope.
type Group struct {
	Resource string // fields of ResourceSpans but for the scopes
	Scope    string // fields of ScopeSpans but for the spans
}

// NewGroup encodes r, which may be nil, and scope.
func NewGroup(r *resource.Resource, scope instrumentation.Scope) *Group {
	var res, sc []byte
	if r != nil {
		var mark int
		res, mark = open(res, resourceSpansResource)
		res = appendAttributes(res, resourceAttribute, r.Attributes())
		res = closeMessage(res, mark)
		res = appendOptional(res, resourceSpansSchema, r.SchemaURL())
	}
	if scope != (instrumentation.Scope{}) {
		var mark int
		sc, mark = open(sc, scopeSpansScope)
		sc = appendOptional(sc, scopeName, scope.Name)
		sc = appendOptional(sc, scopeVersion, scope.Version)
		sc = appendAttributes(sc, scopeAttribute, scope.Attributes.ToSlice())
		sc = closeMessage(sc, mark)
		sc = appendOptional(sc, scopeSpansSchema, scope.SchemaURL)
	}
	return &Group{Resource: string(res), Scope: string(sc)}
}

// Span is an encoded span with what it shares with others.
type Span struct {
	Group *Group
	Body  []byte // a Span message, as AppendSpan writes it
}

// AppendRequest appends an ExportTraceServiceRequest: spans of one resource together, and of one scope within it, in the
// order in which they first appear.
func AppendRequest(b []byte, spans []Span) []byte {
	scopes := scopesOf(spans)
	for i := range scopes {
		if scopes[i].written {
			continue
		}
		same := scopes[i:]
		resource := same[0].group.Resource
		size := len(resource)
		for j := range same {
			if same[j].group.Resource == resource {
				size += 1 + sizeOf(uint64(same[j].size)) + same[j].size
			}
		}
		b = appendHead(b, requestResource, size, resource)
		for j := range same {
			if same[j].group.Resource == resource {
				b = same[j].append(b, spans)
				same[j].written = true
			}
		}
	}
	return b
}

// scope is one ScopeSpans message to be.
type scope struct {
	group   *Group
	size    int // of the message, without tag and length
	written bool
}

// scopesOf finds the groups of spans, which are few.
func scopesOf(spans []Span) []scope {
	var scopes []scope
	last := -1
	for i := range spans {
		s := &spans[i]
		if last < 0 || scopes[last].group != s.Group {
			last = find(scopes, s.Group)
		}
		if last < 0 {
			last = len(scopes)
			scopes = append(scopes, scope{group: s.Group, size: len(s.Group.Scope)})
		}
		scopes[last].size += 1 + sizeOf(uint64(len(s.Body))) + len(s.Body)
	}
	return scopes
}

func find(scopes []scope, g *Group) int {
	for i := range scopes {
		if scopes[i].group == g {
			return i
		}
	}
	return -1
}

func (s *scope) append(b []byte, spans []Span) []byte {
	b = appendHead(b, resourceSpansScope, s.size, s.group.Scope)
	for i := range spans {
		if spans[i].Group == s.group {
			b = appendBytes(b, scopeSpansSpan, spans[i].Body)
		}
	}
	return b
}

// appendHead appends a message's tag and size, and the fields that come first.
func appendHead(b []byte, tag byte, size int, first string) []byte {
	return append(appendSize(b, tag, size), first...)
}
