// Package guide runs the programs of docs/guide/interop.md, as they stand there,
// and holds what arrives against what the guide says.
package guide
