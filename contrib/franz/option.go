package clewfranz

import "github.com/clewhq/clew"

// ProducerOption configures Producer.
type ProducerOption interface{ applyProducer(*producer) }

type producerOption func(*producer)

func (f producerOption) applyProducer(p *producer) { f(p) }

// IDsOnly keeps session, user, metadata and span names out of the records.
func IDsOnly() ProducerOption {
	return producerOption(func(p *producer) { p.idsOnly = true })
}

// ProcessOption configures Process and ProcessBatch.
type ProcessOption interface{ applyProcess(*processConfig) }

type processConfig struct {
	linked  bool
	extract []clew.ExtractOption
	span    []clew.SpanOption
}

type processOption func(*processConfig)

func (f processOption) applyProcess(c *processConfig) { f(c) }

func newProcessConfig(opts []ProcessOption) processConfig {
	var c processConfig
	for _, o := range opts {
		if o != nil {
			o.applyProcess(&c)
		}
	}
	return c
}

// Linked leaves the work on a single record in the trace that is current, or in one of its own, with a link to the span
// that produced the record. It still belongs to the record's session and user.
func Linked() ProcessOption {
	return processOption(func(c *processConfig) { c.linked = true })
}

// Extraction passes options to clew.Extract, such as clew.IDsOnly for topics that strangers write.
func Extraction(opts ...clew.ExtractOption) ProcessOption {
	return processOption(func(c *processConfig) { c.extract = append(c.extract, opts...) })
}

// Span passes options to clew.Start, such as attributes of your own.
func Span(opts ...clew.SpanOption) ProcessOption {
	return processOption(func(c *processConfig) { c.span = append(c.span, opts...) })
}
