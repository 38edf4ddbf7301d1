// Package chain passes one trace through programs of three SDKs and two
// languages besides this one, over HTTP, a queue and a row of a database, in both
// directions.
//
// Every hop is a process of its own: the scripts beside this file and
// the Go program in worker/. Each gets one task in one way, does it under a span
// that continues what the task brought, and hands it on in another way. The queue
// is NATS, the database SQLite.
package chain
