package clewnats

import (
	"github.com/nats-io/nats.go/jetstream"

	"github.com/clewhq/clew"
)

// PublishOption configures Publish, PublishStream and Request.
type PublishOption interface{ applyPublish(*config) }

// ProcessOption configures Process, ProcessStream and ProcessBatch.
type ProcessOption interface{ applyProcess(*config) }

// Option is both a PublishOption and a ProcessOption.
type Option interface {
	PublishOption
	ProcessOption
}

type config struct {
	idsOnly bool
	stream  []jetstream.PublishOpt
	linked  bool
	name    string
	extract []clew.ExtractOption
	span    []clew.SpanOption
}

type publishOption func(*config)

func (f publishOption) applyPublish(c *config) { f(c) }

type processOption func(*config)

func (f processOption) applyProcess(c *config) { f(c) }

type option func(*config)

func (f option) applyPublish(c *config) { f(c) }
func (f option) applyProcess(c *config) { f(c) }

func newPublishConfig(opts []PublishOption) config {
	var c config
	for _, o := range opts {
		if o != nil {
			o.applyPublish(&c)
		}
	}
	return c
}

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

// Stream passes options to JetStream, such as jetstream.WithExpectStream. Only PublishStream has use for them.
func Stream(opts ...jetstream.PublishOpt) PublishOption {
	return publishOption(func(c *config) { c.stream = append(c.stream, opts...) })
}

// Linked leaves the work on a single message in the trace that is current, or in one of its own, with a link to the span
// that sent the message. It still belongs to the message's session and user.
func Linked() ProcessOption {
	return processOption(func(c *config) { c.linked = true })
}

// Extraction passes options to clew.Extract, such as clew.IDsOnly for subjects that strangers write.
func Extraction(opts ...clew.ExtractOption) ProcessOption {
	return processOption(func(c *config) { c.extract = append(c.extract, opts...) })
}

// Name is the subject as the span's name has it, for subjects with ids in them: "orders.*.paid". By default it is the
// subscription's subject if that has wildcards, and the message's otherwise.
func Name(subject string) Option {
	return option(func(c *config) { c.name = subject })
}

// Span passes options to clew.Start, such as attributes of your own.
func Span(opts ...clew.SpanOption) Option {
	return option(func(c *config) { c.span = append(c.span, opts...) })
}
