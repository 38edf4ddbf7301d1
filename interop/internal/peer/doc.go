// Package peer runs what the interop tests need around them: the real clew as
// its own process, other people's programs, and the table of what works with
// whom.
//
// A program of another language gets one JSON object as its only argument and
// writes one to the file that CLEW_RESULT names; what it prints is its log, which
// tests hold against "nothing is said to be wrong".
package peer
