package trace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBothSidesOfACallHaveTheSameHint(t *testing.T) {
	for name, tc := range map[string]struct {
		kind  Kind
		attrs Attributes
		want  []string
	}{
		"the server of a request":       {KindServer, Attributes{{"http.request.method", StringValue("POST")}, {"url.path", StringValue("/tools/search")}}, []string{"http=POST /tools/search"}},
		"its client":                    {KindClient, Attributes{{"http.request.method", StringValue("POST")}, {"url.full", StringValue("http://tools:80/tools/search?q=1#x")}}, []string{"http=POST /tools/search"}},
		"a request for the root":        {KindClient, Attributes{{"http.request.method", StringValue("GET")}, {"url.full", StringValue("http://tools")}}, []string{"http=GET /"}},
		"a call that is no request":     {KindInternal, Attributes{{"http.request.method", StringValue("GET")}, {"url.path", StringValue("/")}}, nil},
		"a message":                     {KindProducer, Attributes{{"messaging.message.id", StringValue("m-1")}}, []string{"messaging.message.id=m-1"}},
		"a workflow, whatever its kind": {KindInternal, Attributes{{"workflow.id", IntValue(7)}}, []string{"workflow.id=7"}},
		"a remote procedure":            {KindClient, Attributes{{"rpc.service", StringValue("pkg.S")}, {"rpc.method", StringValue("M")}}, []string{"rpc=pkg.S/M"}},
		"a value too long for an id":    {KindInternal, Attributes{{"workflow.id", StringValue(strings.Repeat("x", 600))}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Hints(&Span{Kind: tc.kind, Attributes: tc.attrs})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
