// Package interop holds the tests that need other people's published SDKs. They
// run against the real clew binary as its own process: nothing here is a
// mock, but for the model providers, which are local and speak the wire format.
// install.sh installs the SDKs by their lock files. Each folder is a neighbour;
// internal/peer has what all of them need. make interop prints the table of
// packages, versions, features and results that the tests write.
//
// It is a module of its own so that what these tests need is no dependency of
// the SDK or the server.
package interop
