package sqlite

import "github.com/clewhq/clew/server/internal/trace"

// body encodes what an outline leaves out.
func (e *encoder) body(s *trace.Span) {
	e.attributes(s.Attributes)
	e.uint(uint64(len(s.Events)))
	for i := range s.Events {
		e.event(&s.Events[i])
	}
	e.text(s.Input)
	e.text(s.Output)
	e.texts = nil // what follows is no content: no search finds it
	e.uint(uint64(len(s.Links)))
	for i := range s.Links {
		e.link(&s.Links[i])
	}
	if s.Metadata == nil {
		e.plain(nil)
	} else {
		e.plain(s.Metadata)
	}
	e.string(s.CostFrom)
	e.int(int64(s.Again))
}

func (d *decoder) body(s *trace.Span) {
	s.Attributes = d.attributes()
	s.Events = list(d, d.event)
	s.Input = d.text()
	s.Output = d.text()
	d.texts = nil
	s.Links = list(d, d.link)
	var meta any
	d.plain(&meta)
	s.Metadata, _ = meta.(map[string]any)
	s.CostFrom = d.string()
	s.Again = trace.Time(d.int())
}
