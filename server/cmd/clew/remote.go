package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"

	"github.com/clewhq/clew/server/client"
)

// remote has the flags that every command which speaks to a server has.
type remote struct {
	url, key string
	json     bool
}

func (r *remote) register(fs *flag.FlagSet, a *app) {
	fs.StringVar(&r.url, "url", cmp.Or(a.getenv("CLEW_URL"), client.DefaultURL), "`URL` of the server [CLEW_URL]")
	r.key = a.getenv("CLEW_KEY")
	fs.Func("key", "`key` of the server [CLEW_KEY]", func(v string) error { r.key = v; return nil })
	fs.BoolVar(&r.json, "json", false, "print the API's JSON")
}

func (r *remote) client() *client.Client { return &client.Client{URL: r.url, Key: r.key} }

// explain turns an error of the client into one that says what to do.
func (r *remote) explain(err error) error {
	var refused *client.Error
	var unreachable *net.OpError
	server, parseErr := url.Parse(r.url)
	switch {
	case parseErr != nil || server.Host == "" || server.Scheme != "http" && server.Scheme != "https":
		return fmt.Errorf("--url %s: want the address of a server, such as http://localhost:4318", r.url)
	case errors.As(err, &refused) && refused.Status == 401:
		return fmt.Errorf("%s wants a key: set it with --key or CLEW_KEY", r.url)
	case errors.As(err, &unreachable):
		return fmt.Errorf("no server at %s: start one with 'clew serve', or say where it is with --url or CLEW_URL (%w)", r.url, err)
	default:
		return err
	}
}

func printJSON(a *app, v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
