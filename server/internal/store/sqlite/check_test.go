package sqlite

import (
	"strings"
	"testing"
)

func TestCheckTellsWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ damage, want string }{
		{"UPDATE traces SET span_count = span_count + 1 WHERE no = 1", "the summary is"},
		{"DELETE FROM facets WHERE trace_no = 1", "lead to it"},
		{"UPDATE session_traces SET error_count = 5 WHERE trace_no = 1", "session"},
		{"UPDATE services SET span_count = span_count + 1", "services have"},
		{"UPDATE frames SET body = substr(body, 1, length(body) - 3) WHERE no = 1", "damaged"},
		{"UPDATE frames SET outline = x'00ff' WHERE no = 1", "damaged"},
		{"UPDATE segments SET ready = FALSE WHERE no = (SELECT min(no) FROM segments)", "other words"},
		{"UPDATE messages SET data = x'0061'", "is not what was stored"},
		{"DELETE FROM message_traces", "nobody refers to"},
		{"DELETE FROM traces WHERE no = 1", "no trace"},
		{"DELETE FROM rollup_changes WHERE no = 1", "roll-ups of cube 0"},
		{"UPDATE rollup_changes SET data = x'00ff'", "damaged"},
	} {
		t.Run(tt.damage, func(t *testing.T) {
			s := openIdle(t, t.TempDir())
			for n := range 3 {
				for no := range byte(2) {
					if err := s.Append(t.Context(), append(round(uint64(n)), call(no, n+1))); err != nil {
						t.Fatal(err)
					}
				}
			}
			sound(t, s)
			if _, err := s.write.Exec(tt.damage); err != nil {
				t.Fatal(err)
			}
			var problems []string
			if _, err := s.Check(t.Context(), func(p string) { problems = append(problems, p) }); err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(problems, "\n"); !strings.Contains(all, tt.want) {
				t.Errorf("problems: %s\nwant one with %q", all, tt.want)
			}
		})
	}
}
