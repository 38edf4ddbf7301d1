// Package mirascope runs Mirascope's published ops against clew and carries
// contexts between it and this SDK in both directions, under every propagator
// that it has, by hand and in its recipes for web frameworks.
package mirascope
