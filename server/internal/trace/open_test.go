package trace

import "testing"

// beating is an open span whose process was heard at a time.
func beating(at, interval int64, more ...Attribute) *Span {
	return &Span{Name: "s", Start: 1, Attributes: append(Attributes{
		{HeartbeatKey, IntValue(at)}, {IntervalKey, IntValue(interval)},
	}, more...)}
}

func TestAnOpenSpanIsRunningSuspendedOrLost(t *testing.T) {
	for name, tc := range map[string]struct {
		span *Span
		now  Time
		want OpenState
	}{
		"heard lately":                 {beating(100, 10), 105, Running},
		"two beats late":               {beating(100, 10), 125, Running},
		"three beats late":             {beating(100, 10), 131, Lost},
		"a clock that is ahead":        {beating(100, 10), 50, Running},
		"not to be heard again":        {beating(100, 0), 1_000_000, Suspended},
		"an SDK that only says opened": {&Span{Start: 1}, 1_000_000, Unknown},
		"ended":                        {&Span{Start: 1, End: 2, Attributes: beating(100, 10).Attributes}, 1_000_000, ""},
	} {
		if got := tc.span.OpenState(tc.now); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestOfAnOpenSpanTheLatestWordHoldsHoweverOftenAndInWhateverOrderItComes(t *testing.T) {
	first := Fact{Opened, beating(900, 10, Attribute{"a", IntValue(1)}, Attribute{"b", IntValue(2)})}
	later := Fact{Opened, beating(1000, 10)}
	last := Fact{Opened, beating(1001, 0)}
	ended := Fact{Finished, &Span{Name: "s", Start: 1, End: 950}}
	for name, tc := range map[string]struct {
		facts []Fact
		want  *Span
	}{
		"in order":          {[]Fact{first, later, last}, last.Span},
		"in reverse, twice": {[]Fact{last, later, first, last, first}, last.Span},
		"an end beats all":  {[]Fact{ended, last, first}, ended.Span},
		"one beat alone":    {[]Fact{first, first}, first.Span},
	} {
		if got := Merge(tc.facts...); got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
