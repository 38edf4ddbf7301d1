// Package clewxray adds AWS X-Ray's tracing header to the context formats of Clew.
//
//	shutdown, err := clew.Setup(ctx, clew.MoreFormats(clewxray.Format))
//
// Then X-Amzn-Trace-Id is read wherever a context is, after the other formats, and the name "xray" can be chosen beside
// theirs: by clew.ContextFormats("tracecontext", "xray") or CLEW_PROPAGATORS=tracecontext,xray. What is chosen is written too.
//
// Where AWS hands the header over by other ways, it is a string that clew.Continue reads:
//
//	ctx = clew.Continue(ctx, os.Getenv("_X_AMZN_TRACE_ID"))     // Lambda, in each invocation
//	ctx = clew.Continue(ctx, message.Attributes["AWSTraceHeader"]) // SQS
//
// The header itself is read and written by OpenTelemetry's propagator. This package adds what Clew's formats promise: a
// refusal tells why a header was not used, a decision about sampling that the sender left open ("Sampled=?", or nothing
// about it) is made here instead of being taken as a no, and a header that names a trace but no parent, as AWS's load
// balancers send it, is no context.
package clewxray
