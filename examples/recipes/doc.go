// Package recipes shows how a trace goes on through libraries that need no adapter of their own: routers and RPC that are
// net/http's, by clewhttp, and queues, jobs and databases, by the carriers of package propagators.
//
// Each recipe is an example in a file of its own, which its test runs against the library, and against a real server where
// it needs one. The module is separate, so that what they depend on is a dependency of nobody.
package recipes
