package continuity

// The kinds of breaks.
const (
	MissingParent   Kind = "missing_parent"
	SeveralRoots    Kind = "several_roots"
	Cycle           Kind = "cycle"
	DuplicateSpanID Kind = "duplicate_span_id"
	SharedLow64     Kind = "shared_low_64"
	LostContext     Kind = "lost_context"
)

// kinds is THE TABLE of kinds. Add one: a constant above, a line here, a file of
// its own with what it looks at, and a case in its golden file.
var kinds = []struct {
	kind Kind
	find func(*view) []Break
}{
	{MissingParent, findMissingParents},
	{SeveralRoots, findSeveralRoots},
	{Cycle, findCycles},
	{DuplicateSpanID, findDuplicateSpanIDs},
	{SharedLow64, findSharedLow64},
	{LostContext, findLostContext},
}
