package clewmcp

import "github.com/clewhq/clew"

// SendingOption configures Sending.
type SendingOption interface{ applySending(*config) }

// ReceivingOption configures Receiving.
type ReceivingOption interface{ applyReceiving(*config) }

// Option is both a SendingOption and a ReceivingOption.
type Option interface {
	SendingOption
	ReceivingOption
}

type config struct {
	share   bool
	extract []clew.ExtractOption
	span    []clew.SpanOption
}

type sendingOption func(*config)

func (f sendingOption) applySending(c *config) { f(c) }

type receivingOption func(*config)

func (f receivingOption) applyReceiving(c *config) { f(c) }

type option func(*config)

func (f option) applySending(c *config)   { f(c) }
func (f option) applyReceiving(c *config) { f(c) }

// ShareInherited sends session, user, metadata and span names along. It is for peers that are systems of your own.
func ShareInherited() SendingOption {
	return sendingOption(func(c *config) { c.share = true })
}

// Extraction passes options to clew.Extract, such as clew.IDsOnly in front of strangers.
func Extraction(opts ...clew.ExtractOption) ReceivingOption {
	return receivingOption(func(c *config) { c.extract = append(c.extract, opts...) })
}

// Span passes options to clew.Start for every request's span, such as clew.NoInput and clew.NoOutput.
func Span(opts ...clew.SpanOption) Option {
	return option(func(c *config) { c.span = append(c.span, opts...) })
}
