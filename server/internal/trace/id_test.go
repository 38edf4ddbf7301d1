package trace

import "testing"

func TestAnIDIsReadInEveryFormThatIsInUse(t *testing.T) {
	const hex = "0123456789abcdef0123456789abcdef"
	for name, tc := range map[string]struct {
		in string
		ok bool
	}{
		"32 hex digits":             {hex, true},
		"upper case":                {"0123456789ABCDEF0123456789ABCDEF", true},
		"a UUID":                    {"01234567-89ab-cdef-0123-456789abcdef", true},
		"dashes in the wrong place": {"012345678-9ab-cdef-0123-456789abcdef", false},
		"a dash too many":           {"0123456789abcdef-123456789abcdef", false},
		"31 digits":                 {hex[1:], false},
		"33 digits":                 {hex + "0", false},
		"not hex":                   {"g123456789abcdef0123456789abcdef", false},
		"empty":                     {"", false},
		"all zero":                  {"00000000000000000000000000000000", false},
		"all zero UUID":             {"00000000-0000-0000-0000-000000000000", false},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := ParseTraceID(tc.in)
			if (err == nil) != tc.ok {
				t.Fatalf("error %v, want ok=%v", err, tc.ok)
			}
			if tc.ok && id.String() != hex {
				t.Errorf("got %s", id)
			}
		})
	}
}

func TestASpanIDIsReadAsHexAndAsLaminarPadsIt(t *testing.T) {
	const hex = "fedcba9876543210"
	for in, ok := range map[string]bool{
		hex:                                    true,
		"FEDCBA9876543210":                     true,
		"00000000-0000-0000-fedc-ba9876543210": true,
		"0000000000000000fedcba9876543210":     true,
		"10000000-0000-0000-fedc-ba9876543210": false,
		"0000000000000000":                     false,
		"fedcba98":                             false,
		"":                                     false,
	} {
		id, err := ParseSpanID(in)
		if (err == nil) != ok {
			t.Errorf("%q: error %v, want ok=%v", in, err, ok)
		}
		if ok && id.String() != hex {
			t.Errorf("%q: got %s", in, id)
		}
	}
}

func FuzzParseIDs(f *testing.F) {
	f.Add("01234567-89ab-cdef-0123-456789abcdef")
	f.Add("fedcba9876543210")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseTraceID(s); err == nil {
			if again, err := ParseTraceID(id.String()); err != nil || again != id {
				t.Errorf("%q: %v does not survive its own form: %v %v", s, id, again, err)
			}
		}
		if id, err := ParseSpanID(s); err == nil {
			if again, err := ParseSpanID(id.String()); err != nil || again != id {
				t.Errorf("%q: %v does not survive its own form: %v %v", s, id, again, err)
			}
		}
	})
}
