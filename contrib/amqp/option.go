package clewamqp

import "github.com/clewhq/clew"

// PublishOption configures Publish.
type PublishOption interface{ applyPublish(*config) }

// ProcessOption configures Process and ProcessBatch.
type ProcessOption interface{ applyProcess(*config) }

// Option is both a PublishOption and a ProcessOption.
type Option interface {
	PublishOption
	ProcessOption
}

type config struct {
	idsOnly   bool
	mandatory bool
	linked    bool
	name      string
	extract   []clew.ExtractOption
	span      []clew.SpanOption
}

type publishOption func(*config)

func (f publishOption) applyPublish(c *config) { f(c) }

type processOption func(*config)

func (f processOption) applyProcess(c *config) { f(c) }

type option func(*config)

func (f option) applyPublish(c *config) { f(c) }
func (f option) applyProcess(c *config) { f(c) }

func newProcessConfig(opts []ProcessOption) config {
	var c config
	for _, o := range opts {
		if o != nil {
			o.applyProcess(&c)
		}
	}
	return c
}

// IDsOnly keeps session, user, metadata and span names out of the message.
func IDsOnly() PublishOption {
	return publishOption(func(c *config) { c.idsOnly = true })
}

// Mandatory makes the broker give the message back if no queue takes it.
func Mandatory() PublishOption {
	return publishOption(func(c *config) { c.mandatory = true })
}

// Linked leaves the work on a single message in the trace that is current, or in one of its own, with a link to the span
// that sent the message. It still belongs to the message's session and user.
func Linked() ProcessOption {
	return processOption(func(c *config) { c.linked = true })
}

// Extraction passes options to clew.Extract, such as clew.IDsOnly for queues that strangers write.
func Extraction(opts ...clew.ExtractOption) ProcessOption {
	return processOption(func(c *config) { c.extract = append(c.extract, opts...) })
}

// Name is the destination as the span's name has it, where exchange and routing key have ids in them.
func Name(destination string) Option {
	return option(func(c *config) { c.name = destination })
}

// Span passes options to clew.Start, such as attributes of your own.
func Span(opts ...clew.SpanOption) Option {
	return option(func(c *config) { c.span = append(c.span, opts...) })
}
