package backup

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// written is a backup of three pages.
func written(t testing.TB) (whole, pages []byte) {
	t.Helper()
	info := Info{Pages: 3, PageSize: 512, Schema: 3}
	var out bytes.Buffer
	w := NewWriter(&out, info)
	for i := range 3 {
		if err := w.Page(bytes.Repeat([]byte{byte(i + 1)}, 512)); err != nil {
			t.Fatal(err)
		}
	}
	pages = bytes.Clone(out.Bytes())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if int64(out.Len()) != info.Size() {
		t.Errorf("%d bytes were written, Size is %d", out.Len(), info.Size())
	}
	return out.Bytes(), pages
}

func onDisk(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup")
	write(t, path, content)
	return path
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrittenComesOut(t *testing.T) {
	whole, pages := written(t)
	b, err := Open(onDisk(t, whole))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	var got bytes.Buffer
	if err := b.Copy(&got); err != nil || !bytes.Equal(got.Bytes(), pages) {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
	if want := (Info{Pages: 3, PageSize: 512, Schema: 3}); b.Info != want {
		t.Errorf("%+v, want %+v", b.Info, want)
	}
}

func TestABackupThatWasCutShortIsNone(t *testing.T) {
	whole, _ := written(t)
	path := onDisk(t, nil)
	for n := range len(whole) {
		write(t, path, whole[:n])
		if _, err := Verify(path); !errors.Is(err, ErrNoBackup) {
			t.Fatalf("the first %d bytes of %d: %v", n, len(whole), err)
		}
	}
}

func TestNoByteCanChangeUnnoticed(t *testing.T) {
	whole, _ := written(t)
	path := onDisk(t, nil)
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= byte(1 + rand.IntN(255))
		write(t, path, changed)
		if _, err := Verify(path); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNoBackup) {
			t.Fatalf("byte %d of %d: %v", i, len(whole), err)
		}
	}
}

func TestAWriterThatWasNotGivenAllPagesWritesNoTrailer(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Info{Pages: 2, PageSize: 512})
	if err := w.Page(make([]byte, 511)); err == nil {
		t.Error("a page of another size was taken")
	}
	if err := w.Page(make([]byte, 512)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || out.Len() != 512 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}

func FuzzOpen(f *testing.F) {
	whole, _ := written(f)
	f.Add(whole)
	f.Add(whole[len(whole)-int(trailerSize):])
	f.Fuzz(func(t *testing.T, content []byte) {
		if info, err := Verify(onDisk(t, content)); err == nil && info.Size() != int64(len(content)) {
			t.Errorf("%+v of %d bytes is whole", info, len(content))
		}
	})
}
