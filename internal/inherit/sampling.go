package inherit

// Sampling is what the sender of a context said about sampling beyond the sampled flag.
type Sampling uint8

// The kinds of Sampling. Deny and Accept come without ids.
const (
	SamplingFlag   Sampling = iota // nothing: the sampled flag tells
	SamplingDefer                  // the receiver decides
	SamplingDeny                   // do not sample
	SamplingAccept                 // sample
	SamplingDebug                  // sample whatever samplers say
)
