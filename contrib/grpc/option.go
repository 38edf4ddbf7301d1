package clewgrpc

import "github.com/clewhq/clew"

// ServerOption configures ServerHandler.
type ServerOption interface{ applyServer(*config) }

// ClientOption configures ClientHandler.
type ClientOption interface{ applyClient(*config) }

type config struct {
	extract []clew.ExtractOption
	share   bool
	skip    func(fullMethod string) bool
}

func (c *config) skips(fullMethod string) bool { return c.skip != nil && c.skip(fullMethod) }

type serverOption func(*config)

func (f serverOption) applyServer(c *config) { f(c) }

type clientOption func(*config)

func (f clientOption) applyClient(c *config) { f(c) }

// Extraction passes options to clew.Extract, such as clew.IDsOnly in front of strangers.
func Extraction(opts ...clew.ExtractOption) ServerOption {
	return serverOption(func(c *config) { c.extract = append(c.extract, opts...) })
}

// ShareInherited sends session, user, metadata and span names along. It is for connections to systems of your own.
func ShareInherited() ClientOption {
	return clientOption(func(c *config) { c.share = true })
}

// SkipOption is both a ServerOption and a ClientOption.
type SkipOption struct{ skip func(fullMethod string) bool }

func (o SkipOption) applyServer(c *config) { c.skip = o.skip }
func (o SkipOption) applyClient(c *config) { c.skip = o.skip }

// Skip makes no span for the methods that skip reports true for, such as "/grpc.health.v1.Health/Check". Their trace
// context still passes through.
func Skip(skip func(fullMethod string) bool) SkipOption { return SkipOption{skip} }
