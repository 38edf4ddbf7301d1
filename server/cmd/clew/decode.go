package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/decode"
	"github.com/clewhq/clew/server/internal/terminal"
)

// decodeTimeout bounds the wait for a server, without which decode works too.
const decodeTimeout = 5 * time.Second

// decodeText finds the span contexts in a text. It ends with 0 when there is one
// and all are valid, with 1 when there is none or one is broken.
func decodeText(ctx context.Context, a *app, args []string) error {
	fs := a.flags("decode")
	var r remote
	r.register(fs, a)
	offline := fs.Bool("offline", false, "don't ask the server what it has of the contexts")
	if err := parse(fs, args); err != nil {
		return err
	}
	text := strings.Join(fs.Args(), "\n")
	if fs.NArg() == 0 || text == "-" {
		b, err := io.ReadAll(io.LimitReader(a.stdin, decode.MaxText+1))
		if err != nil {
			return fmt.Errorf("read the text: %w", err)
		}
		text = string(b)
	}
	if len(text) > decode.MaxText {
		return fmt.Errorf("the text is longer than %d KiB: give the part that has the context", decode.MaxText>>10)
	}
	found := r.decode(ctx, text, *offline)
	if r.json {
		if err := printJSON(a, found); err != nil {
			return err
		}
	} else if err := terminal.WriteDecoded(a.stdout, text, found, cmp.Or(r.url, client.DefaultURL), a.width, a.color); err != nil {
		return err
	}
	broken := func(c client.DecodedContext) bool { return !c.Valid || len(c.Problems) > 0 }
	if len(found.Contexts) == 0 || slices.ContainsFunc(found.Contexts, broken) {
		return exitCode(1)
	}
	return nil
}

// decode asks the server, and without one decodes here.
func (r *remote) decode(ctx context.Context, text string, offline bool) client.Decoded {
	out := decode.Text(text)
	switch {
	case offline:
		out.Store.Reason = "--offline"
	case len(out.Contexts) == 0:
		out.Store.Reason = "there is nothing to ask for"
	default:
		ctx, cancel := context.WithTimeout(ctx, decodeTimeout)
		defer cancel()
		answer, err := r.client().Decode(ctx, text)
		if err == nil {
			return answer
		}
		out.Store.Reason = r.explain(err).Error()
		if refused := new(client.Error); errors.As(err, &refused) && refused.Status == 404 {
			out.Store.Reason = r.url + " is a server that can't decode: it is older than this program"
		}
	}
	return out
}
