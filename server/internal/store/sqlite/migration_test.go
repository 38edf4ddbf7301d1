package sqlite

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/store/storetest"
)

// fixturePath is the store that the release with a schema wrote.
func fixturePath(version int) string {
	return filepath.Join("testdata", fmt.Sprintf("schema-%d.db.gz", version))
}

// "make fixture" writes the fixture of the present schema. It is run once for a
// schema, before the first release that has it.
const writeFixture = "CLEW_TEST_WRITE_FIXTURE"

func TestStoresOfEveryReleaseAreMigratedAndHoldWhatTheyHeld(t *testing.T) {
	if os.Getenv(writeFixture) != "" {
		makeFixture(t)
	}
	fixtures := 0
	for version := firstVersion; version <= newestVersion; version++ {
		packed, err := os.ReadFile(fixturePath(version))
		if os.IsNotExist(err) && version == newestVersion {
			continue // not released yet
		}
		if err != nil {
			t.Fatalf("no release may be without its fixture: %v", err)
		}
		fixtures++
		t.Run(fmt.Sprintf("schema %d", version), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, FileName), unpackFixture(t, packed), 0o600); err != nil {
				t.Fatal(err)
			}
			s := openIdle(t, dir)
			var now int
			if err := ask(s, "PRAGMA user_version", &now); err != nil || now != newestVersion {
				t.Errorf("after the migration the schema is %d, %v", now, err)
			}
			storetest.HoldsFixture(t, s)
			sound(t, s)
			// It is written to and kept up as any other.
			if err := s.Append(t.Context(), round(1)); err != nil {
				t.Fatal(err)
			}
			for _, f := range round(1)[:4] {
				if _, err := s.Delete(t.Context(), f.Span.TraceID); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
			storetest.HoldsFixture(t, s)
			sound(t, s)
		})
	}
	if fixtures == 0 {
		t.Error("there is no fixture")
	}
}

func TestTheFixtureIsWhatTheNewestSchemaHolds(t *testing.T) {
	s := openIdle(t, t.TempDir())
	storetest.Fixture(t, s)
	storetest.HoldsFixture(t, s)
	if err := s.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	storetest.HoldsFixture(t, s)
	sound(t, s)
}

func unpackFixture(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// makeFixture writes the fixture of the newest schema. One trace of several
// frames is as commits left it, the rest as upkeep does.
func makeFixture(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	s := openIdle(t, dir)
	storetest.Fixture(t, s)
	if err := s.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.rest.after = time.Hour
	for no := range s.rest.last {
		if no != 4 {
			delete(s.rest.last, no)
		}
	}
	if _, err := s.rewrite(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fixturePath(newestVersion)); err == nil {
		t.Fatalf("%s is there: a fixture never changes once it is released; if it was not, remove it first", fixturePath(newestVersion))
	}
	if err := os.WriteFile(fixturePath(newestVersion), packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
