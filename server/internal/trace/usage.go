package trace

// Usage is what a model call consumed, in tokens; nil is unknown. Input and
// Output are totals: Input includes what was read from and written to a cache,
// Output includes reasoning. The parts are at most their total.
type Usage struct {
	Input, Output *int64

	CacheRead    *int64 // part of Input
	CacheWrite   *int64 // part of Input, whatever the lifetime
	CacheWrite1h *int64 // part of CacheWrite that is kept for an hour
	AudioInput   *int64 // part of Input
	Reasoning    *int64 // part of Output
	AudioOutput  *int64 // part of Output

	Batch bool   // sent through a provider's batch interface
	Tier  string // the provider's service tier, lower-case; "" is its default
}
