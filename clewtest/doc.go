// Package clewtest records the spans of a test and compares them with what the test expects.
//
//	func TestTheAnswerIsSearchedFor(t *testing.T) {
//		rec := clewtest.Record(t)
//		answer(t.Context(), "what is a clew?")
//		rec.WantTree(clewtest.Tree{Name: "answer", Input: "what is a clew?", Children: []clewtest.Tree{
//			{Name: "search", Type: clew.TOOL, Input: "clew"},
//		}})
//	}
//
// [Record] sets Clew up for one test, without a network, and takes everything back at its end. Spans that end in other
// goroutines are waited for: [Recorder.Span], [Recorder.Named] and [Recorder.Wait] until they are there, [Recorder.Text],
// [Recorder.WantTree] and [Recorder.Golden] until no span is open any more. Who waits in vain for 20 seconds fails the
// test and shows what there is.
//
// # Golden files
//
// [Recorder.Golden] compares all spans with a file, which holds them as a tree without ids, times and versions. Given
// -clewtest.update, or -update where the test's package has a flag of that name, it writes the file instead.
//
// # A fake clock
//
// Everything here works inside a bubble of testing/synctest. There the clock stands still while anybody works, so
// durations are exact, [Durations] may be part of a golden file, and waiting in vain takes no time.
package clewtest
