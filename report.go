package clew

import "github.com/clewhq/clew/internal/export"

// ExportStats counts spans by what became of them. Each span that ended and is sampled is in exactly one count.
type ExportStats = export.Stats

// Stats returns how many spans Clew has sent, how many wait and how many were lost, and why, since Setup. All is zero
// before Setup, and when nothing is exported by Clew.
func Stats() ExportStats {
	if in := current.Load(); in != nil && in.exporter != nil {
		return in.exporter.Stats()
	}
	return ExportStats{}
}
