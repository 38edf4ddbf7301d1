package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
)

func TestSpansAreListedOverAllTraces(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	for _, tt := range []struct {
		q    client.Query
		want []string
	}{
		{client.Query{Text: "type:LLM"}, []string{"openai.chat"}},
		{client.Query{Text: "labyrinth"}, []string{"openai.chat"}},
		{client.Query{Service: "gateway", Text: "root:true session:*"}, []string{"POST /chat"}},
		{client.Query{Text: "{type:LLM} sort:-duration", Limit: 2}, []string{"POST /chat", "openai.chat"}},
		{client.Query{Text: "nothing like it"}, nil},
	} {
		list, err := srv.Spans(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range list.Items {
			names = append(names, s.Name)
		}
		if diff := cmp.Diff(tt.want, names); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.q, diff)
		}
	}
}
