package continuity

import "github.com/clewhq/clew/server/internal/trace"

// ancestors returns the path of s, as far as it is a proof: one whose last
// ancestor is not the parent that the span names is not believed.
func ancestors(s *trace.Span) []trace.Ancestor {
	path := s.Path()
	if len(path) > 0 && !s.ParentID.IsZero() && path[len(path)-1].ID != s.ParentID {
		return nil
	}
	return path
}
