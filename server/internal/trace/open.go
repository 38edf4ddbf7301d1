package trace

// What a process says of a span that has not ended, each time it says so. Both are integers.
const (
	HeartbeatKey = "clew.span.heartbeat"          // when that was, in nanoseconds since 1970
	IntervalKey  = "clew.span.heartbeat_interval" // nanoseconds until it says so again; 0: it will not, for now
)

// missedBeats is how many heartbeats may be missing before a span counts as lost: one may be on its way, another in a batch
// that is tried again.
const missedBeats = 3

// OpenState says what is known of a span that has not ended.
type OpenState string

// The states of an open span.
const (
	Running   OpenState = "running"   // its process says so, and did lately
	Suspended OpenState = "suspended" // it is said to wait, or its process has ended in order and left it open
	Lost      OpenState = "lost"      // its process was to say something, and has not
	Unknown   OpenState = "unknown"   // its process says it once and no more
)

// OpenState returns the state at a time; "" if the span has ended. It reads Attributes.
func (s *Span) OpenState(now Time) OpenState {
	beat, interval := s.heartbeat()
	switch {
	case !s.Open():
		return ""
	case beat == 0:
		return Unknown
	case interval <= 0:
		return Suspended
	case now-beat > missedBeats*interval && now > beat:
		return Lost
	}
	return Running
}

func (s *Span) heartbeat() (at, interval Time) {
	beat, _ := s.Attributes.Get(HeartbeatKey)
	next, _ := s.Attributes.Get(IntervalKey)
	return Time(beat.Int), Time(next.Int)
}
