// Package laminar runs Laminar's published SDKs for TypeScript and Python, in
// every line that is supported, against clew as if it were Laminar's server, and
// carries contexts between them and this SDK in both directions.
package laminar
