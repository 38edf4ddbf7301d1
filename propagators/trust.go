package propagators

// Policy is what to do with a context that was received.
type Policy string

// The policies. Whatever they say, a context that cannot be used is refused and told about.
const (
	Continue Policy = "continue" // use it; the zero value means the same
	Restart  Policy = "restart"  // begin a trace of one's own with a link to the sender, and take nothing else from it
	Ignore   Policy = "ignore"   // as if nothing had been received
	Resample Policy = "resample" // use it, but for the sender's decision about sampling
)

// Trust says how much of a received context to use. The zero value uses all of it.
type Trust struct {
	Policy   Policy   // Continue if empty
	IDsOnly  bool     // leave session, user, metadata, baggage and names of a stranger out
	NewTrace bool     // a context that names no parent starts a new trace even inside a local span
	Keys     [][]byte // believe only what is signed with one of these; without any, signatures are not looked at
}

// plain reports whether all of a context is used.
func (t Trust) plain() bool {
	return (t.Policy == "" || t.Policy == Continue) && len(t.Keys) == 0
}
