package trace

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAnAttributeSurvivesItsJSONForm(t *testing.T) {
	for name, tc := range map[string]struct {
		value Value
		json  string
	}{
		"a string":                       {StringValue("<a> \u2028 ü"), `{"key":"k","type":"string","value":"<a> \u2028 ü"}`},
		"a bool":                         {BoolValue(true), `{"key":"k","type":"bool","value":true}`},
		"an int beyond 2^53":             {IntValue(math.MinInt64), `{"key":"k","type":"int","value":"-9223372036854775808"}`},
		"a double":                       {DoubleValue(0.1), `{"key":"k","type":"double","value":0.1}`},
		"not a number":                   {DoubleValue(math.NaN()), `{"key":"k","type":"double","value":"NaN"}`},
		"infinity":                       {DoubleValue(math.Inf(-1)), `{"key":"k","type":"double","value":"-Inf"}`},
		"bytes":                          {BytesValue([]byte{0, 255}), `{"key":"k","type":"bytes","value":"AP8="}`},
		"nothing":                        {Value{}, `{"key":"k","type":"empty","value":null}`},
		"an empty array":                 {ArrayValue(), `{"key":"k","type":"array","value":[]}`},
		"a mixed array":                  {ArrayValue(IntValue(1), StringValue("x")), `{"key":"k","type":"array","value":[{"type":"int","value":"1"},{"type":"string","value":"x"}]}`},
		"an array in a map with one key": {MapValue(Attribute{"m", ArrayValue(BoolValue(false))}), `{"key":"k","type":"map","value":[{"key":"m","type":"array","value":[{"type":"bool","value":false}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(Attribute{"k", tc.value})
			if err != nil {
				t.Fatal(err)
			}
			var want, got any
			if err := json.Unmarshal([]byte(tc.json), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("JSON form (-want +got):\n%s", diff)
			}
			var back Attribute
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Attribute{"k", tc.value}, back, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}
