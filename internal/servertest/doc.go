// Package servertest runs the servers that tests speak with: the real ones, from Debian's packages or from this clone,
// each as processes of its own with a folder of its own that is removed afterwards. They bind to this machine only, and
// where they can to a socket in that folder, so that any number of test runs go on side by side.
//
//	redis, err := servertest.Redis()
//	if err != nil {
//		t.Fatal(err) // such as: no redis-server on this machine: install it ('make deps', or apt-get install redis-server)
//	}
//	t.Cleanup(func() { _ = redis.Stop() })
//
// It is for tests only, on Unix, and takes no testing.TB, so that a TestMain can run one server for a whole package.
package servertest
