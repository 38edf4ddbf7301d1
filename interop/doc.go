// Package interop holds the tests that need other people's published SDKs. They
// run against the real clew binary as its own process: nothing here is a
// mock. install.sh installs the SDKs, each by its own lock file, into .tmp.
//
// It is a module of its own so that what these tests need is no dependency of
// the SDK or the server.
package interop
