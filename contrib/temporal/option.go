package clewtemporal

import "github.com/clewhq/clew"

// PropagatorOption configures Propagator.
type PropagatorOption interface{ applyPropagator(*propagator) }

type propagatorOption func(*propagator)

func (f propagatorOption) applyPropagator(p *propagator) { f(p) }

// IDsOnly keeps session, user, metadata and span names out of the headers.
func IDsOnly() PropagatorOption {
	return propagatorOption(func(p *propagator) { p.idsOnly = true })
}

// Extraction passes options to clew.Continue, such as clew.IDsOnly for workflows that strangers start.
func Extraction(opts ...clew.ExtractOption) PropagatorOption {
	return propagatorOption(func(p *propagator) { p.extract = append(p.extract, opts...) })
}

// InterceptorOption configures Interceptor.
type InterceptorOption interface{ applyInterceptor(*config) }

type config struct {
	span []clew.SpanOption
}

type interceptorOption func(*config)

func (f interceptorOption) applyInterceptor(c *config) { f(c) }

// Span passes options to clew.Start for every span, such as attributes of your own.
func Span(opts ...clew.SpanOption) InterceptorOption {
	return interceptorOption(func(c *config) { c.span = append(c.span, opts...) })
}
