package propagators_test

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"

	"github.com/clewhq/clew/propagators"
)

func TestBaggage(t *testing.T) {
	var many []string
	for i := range 65 {
		many = append(many, "k"+strings.Repeat("x", i)+"=1")
	}
	long := "a=" + strings.Repeat("v", 8000)
	for name, tc := range map[string]struct {
		in      []string
		out     string
		refused propagators.Reason
	}{
		"order is kept":                         {in: []string{"z=1,a=2,m=3"}, out: "z=1,a=2,m=3"},
		"several fields are one list":           {in: []string{"z=1", "a=2"}, out: "z=1,a=2"},
		"white space and blank members":         {in: []string{" z = 1 , ,a=2 ;p ; q = 3 "}, out: "z=1,a=2;p;q=3"},
		"percent codes, in one spelling":        {in: []string{"k=%e4%b8%ad%20%25%41"}, out: "k=%E4%B8%AD%20%25A"},
		"an equals sign in a value":             {in: []string{"k=a=b=="}, out: "k=a=b=="},
		"an empty value":                        {in: []string{"k="}, out: "k="},
		"bytes that are not UTF-8":              {in: []string{"k=a%ffb"}, out: "k=a%EF%BF%BDb"},
		"properties":                            {in: []string{"k=v;ttl=5;secret;x=%2C"}, out: "k=v;ttl=5;secret;x=%2C"},
		"a key of marks":                        {in: []string{"!#$%&'*+-.^_`|~=1"}, out: "!#$%&'*+-.^_`|~=1"},
		"64 members":                            {in: []string{strings.Join(many[:64], ",")}, out: strings.Join(many[:64], ",")},
		"over 64 members the last go":           {in: []string{strings.Join(many, ",")}, out: strings.Join(many[:64], ","), refused: propagators.ReasonTooMany},
		"over 8192 bytes whole members go":      {in: []string{long + ",b=1", "c=" + strings.Repeat("v", 500), "d=1"}, out: long + ",b=1", refused: propagators.ReasonTooLong},
		"exactly 8192 bytes":                    {in: []string{long + ",b=" + strings.Repeat("v", 187)}, out: long + ",b=" + strings.Repeat("v", 187)},
		"one bad member goes alone":             {in: []string{"a=1,b,c=3"}, out: "a=1,c=3", refused: propagators.ReasonSyntax},
		"a space inside a value":                {in: []string{"a=1 2,c=3"}, out: "c=3", refused: propagators.ReasonSyntax},
		"a key that is no token":                {in: []string{"a b=1,c=3"}, out: "c=3", refused: propagators.ReasonSyntax},
		"a bad percent code":                    {in: []string{"a=%4,c=3"}, out: "c=3", refused: propagators.ReasonEncoding},
		"a member that is not ASCII":            {in: []string{"a=é,c=3"}, out: "c=3", refused: propagators.ReasonSyntax},
		"a property that is no token":           {in: []string{"a=1; =2,c=3"}, out: "c=3", refused: propagators.ReasonSyntax},
		"of equal keys programs see the last":   {in: []string{"k=1,k=2"}, out: "k=1,k=2"},
		"nothing but commas":                    {in: []string{",,,"}, out: ""},
		"an empty field":                        {in: []string{""}, out: ""},
		"a quotation mark must be percent code": {in: []string{`a="x",b=1`}, out: "b=1", refused: propagators.ReasonSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			p := chosen(t, "baggage")
			ctx := p.Extract(context.Background(), propagators.Multi{"Baggage": tc.in})
			for range 3 { // the same each time
				out := propagators.Map{}
				p.Inject(ctx, out)
				if got := out["baggage"]; got != tc.out {
					t.Fatalf("sent on %q, want %q", got, tc.out)
				}
			}
			var reason propagators.Reason
			for _, r := range propagators.Refusals(ctx) {
				reason = r.Reason
			}
			if reason != tc.refused {
				t.Errorf("refused %q, want %q", reason, tc.refused)
			}
			if name == "of equal keys programs see the last" && baggage.FromContext(ctx).Member("k").Value() != "2" {
				t.Errorf("programs see %v", baggage.FromContext(ctx))
			}
		})
	}
}

func TestBaggageThatWasChangedHereKeepsItsPlaceAndNewMembersFollowByName(t *testing.T) {
	p := chosen(t, "baggage")
	ctx := p.Extract(context.Background(), propagators.Map{"baggage": "z=1,gone=1,a=2;p"})
	b := baggage.FromContext(ctx).DeleteMember("gone")
	for key, value := range map[string]string{"z": "new 1", "n2": "2", "n1": "1"} {
		m, err := baggage.NewMemberRaw(key, value)
		if err != nil {
			t.Fatal(err)
		}
		if b, err = b.SetMember(m); err != nil {
			t.Fatal(err)
		}
	}
	out := propagators.Map{}
	p.Inject(baggage.ContextWithBaggage(ctx, b), out)
	if got, want := out["baggage"], "z=new%201,a=2;p,n1=1,n2=2"; got != want {
		t.Errorf("sent on %q, want %q", got, want)
	}
}

func TestBaggageIsReadByDefaultAndWrittenOnlyWhenChosen(t *testing.T) {
	ctx := propagators.All().Extract(context.Background(), propagators.Map{"baggage": "k=v", "traceparent": traceparent})
	if baggage.FromContext(ctx).Member("k").Value() != "v" {
		t.Error("not read")
	}
	out := propagators.Map{}
	propagators.All().Inject(ctx, out)
	if _, ok := out["baggage"]; ok {
		t.Errorf("written: %v", out)
	}
	ctx = propagators.All().ExtractWith(context.Background(), propagators.Map{"baggage": "k=v"}, propagators.Trust{IDsOnly: true})
	if baggage.FromContext(ctx).Len() != 0 {
		t.Error("taken from a stranger")
	}
}

func FuzzBaggage(f *testing.F) {
	f.Add("a=1;p=2;q, b = %41")
	f.Add("k=%ff%,=,")
	f.Fuzz(func(t *testing.T, text string) {
		roundTrip(t, "baggage", propagators.Map{"baggage": text})
	})
}
