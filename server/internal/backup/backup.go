// Package backup is the file that a store is backed up to: the pages of its
// database as they were at one moment, then a trailer that says how many they are
// and what they add up to. The pages alone are a SQLite database, so that a
// backup can be looked into by any tool; the trailer comes last, so that one that
// was cut short is told from a whole one.
package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Errors that callers test for.
var (
	// ErrNoBackup: the file doesn't end as a backup does.
	ErrNoBackup = errors.New("not a Clew backup, or one that was cut short")
	// ErrDamaged: the pages aren't those that were backed up.
	ErrDamaged = errors.New("the backup is damaged: its content is not what was written")
)

// Info says what a backup consists of.
type Info struct {
	Pages    int64
	PageSize int
	Schema   int // version of the database's schema
}

// Size is how many bytes the backup has, its trailer included.
func (i Info) Size() int64 { return i.Pages*int64(i.PageSize) + trailerSize }

// Begin is called with what a backup will be, before its first byte, and returns
// where it goes. An error of it ends the backup.
type Begin func(Info) (io.Writer, error)

// The trailer: magic, pages, page size, schema (big endian), and the SHA-256 of
// all that comes before it.
const (
	magic       = "clew backup 1\n\x00\x00"
	headSize    = len(magic) + 8 + 4 + 4
	trailerSize = int64(headSize + sha256.Size)
)

func (i Info) head() []byte {
	b := append(make([]byte, 0, headSize), magic...)
	b = binary.BigEndian.AppendUint64(b, uint64(i.Pages))
	b = binary.BigEndian.AppendUint32(b, uint32(i.PageSize))
	return binary.BigEndian.AppendUint32(b, uint32(i.Schema))
}

// Writer writes a backup.
type Writer struct {
	w       io.Writer
	info    Info
	sum     hash.Hash
	written int64 // pages
}

// NewWriter begins a backup of the pages that info counts.
func NewWriter(w io.Writer, info Info) *Writer { return &Writer{w: w, info: info, sum: sha256.New()} }

// Page writes the next page.
func (w *Writer) Page(p []byte) error {
	if len(p) != w.info.PageSize {
		return fmt.Errorf("page %d has %d bytes, want %d", w.written+1, len(p), w.info.PageSize)
	}
	w.written++
	_, _ = w.sum.Write(p) // never fails
	_, err := w.w.Write(p)
	return err
}

// Close writes the trailer. It closes nothing else.
func (w *Writer) Close() error {
	if w.written != w.info.Pages {
		return fmt.Errorf("%d pages were written, want %d", w.written, w.info.Pages)
	}
	head := w.info.head()
	_, _ = w.sum.Write(head)
	_, err := w.w.Write(w.sum.Sum(head))
	return err
}

// File is a backup that is read.
type File struct {
	Info Info
	f    *os.File
	sum  []byte
}

// Open opens a backup and reads its trailer: ErrNoBackup when there is none. The
// caller closes the file.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b := &File{f: f}
	if err := b.readTrailer(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return b, nil
}

func (b *File) readTrailer() error {
	stat, err := b.f.Stat()
	if err != nil {
		return err
	}
	if stat.Size() < trailerSize {
		return ErrNoBackup
	}
	t := make([]byte, trailerSize)
	if _, err := b.f.ReadAt(t, stat.Size()-trailerSize); err != nil {
		return err
	}
	b.Info = Info{
		Pages:    int64(binary.BigEndian.Uint64(t[len(magic):])),
		PageSize: int(binary.BigEndian.Uint32(t[len(magic)+8:])),
		Schema:   int(binary.BigEndian.Uint32(t[len(magic)+12:])),
	}
	b.sum = t[headSize:]
	if string(t[:len(magic)]) != magic || b.Info.Pages < 1 || b.Info.Pages > stat.Size() || b.Info.Size() != stat.Size() {
		return ErrNoBackup
	}
	return nil
}

// Close closes the file.
func (b *File) Close() error { return b.f.Close() }

// Copy writes the pages to w: ErrDamaged when they aren't those that were backed
// up, which is known only after the last.
func (b *File) Copy(w io.Writer) error {
	sum := sha256.New()
	pages := io.NewSectionReader(b.f, 0, b.Info.Pages*int64(b.Info.PageSize))
	if _, err := io.Copy(io.MultiWriter(w, sum), pages); err != nil {
		return err
	}
	_, _ = sum.Write(b.Info.head())
	if !bytes.Equal(sum.Sum(nil), b.sum) {
		return ErrDamaged
	}
	return nil
}

// Verify reads a whole backup from the disk.
func Verify(path string) (info Info, err error) {
	b, err := Open(path)
	if err != nil {
		return info, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.Info, b.Copy(io.Discard)
}

// Rename gives a file that is written and synced the name where it is looked
// for, durably.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // it knows no sync of directories
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
