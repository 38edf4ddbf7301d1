package export

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A spool's directory has a lane for each process that uses it, so that several may: a directory with a lock and the
// process's segments, which are named by numbers that grow. The lock ends with its process, however that ends; whoever
// starts next takes over the segments of lanes that nobody holds, by renaming them.
const (
	lanePrefix    = "lane-"
	lockName      = "lock"
	segmentSuffix = ".spool"
)

type lane struct {
	dir  string
	lock *os.File
	next int // number of the next segment
}

// openLane makes a lane of its own in dir and returns it with the segments that earlier processes left, oldest first.
// Files that cannot be read are left where they are, and told in trouble.
func openLane(dir string) (l *lane, left []*segment, trouble, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, nil, err
	}
	if l, err = newLane(dir); err != nil {
		return nil, nil, nil, err
	}
	names, err := os.ReadDir(dir) // sorted, which is by the time at which they were made
	if err != nil {
		l.close()
		return nil, nil, nil, err
	}
	for _, entry := range names {
		if other := filepath.Join(dir, entry.Name()); strings.HasPrefix(entry.Name(), lanePrefix) && other != l.dir {
			taken, err := l.takeOver(other)
			left = append(left, taken...)
			trouble = errors.Join(trouble, err)
		}
	}
	return l, left, trouble, nil
}

// newLane makes a lane and locks it. Another process that is starting may have taken it for one that was left, between the
// two; then it is gone, and this is tried again.
func newLane(dir string) (*lane, error) {
	var err error
	for range 10 {
		l := &lane{next: 1}
		l.dir, err = os.MkdirTemp(dir, fmt.Sprintf("%s%016x-", lanePrefix, time.Now().UnixNano()))
		if err != nil {
			return nil, err
		}
		path := filepath.Join(l.dir, lockName)
		if l.lock, err = lockFile(path); err != nil {
			continue
		}
		var held, there os.FileInfo
		if held, err = l.lock.Stat(); err == nil {
			there, err = os.Stat(path)
		}
		if err == nil && os.SameFile(held, there) {
			return l, nil
		}
		l.unlock()
	}
	return nil, fmt.Errorf("no place can be had in %s: %w", dir, err)
}

// takeOver moves the segments of a lane that nobody holds, and removes it.
func (l *lane) takeOver(other string) (taken []*segment, trouble error) {
	lock, err := lockFile(filepath.Join(other, lockName))
	if err != nil {
		return nil, nil // it has a process, or another one has just taken it over
	}
	defer func() { _ = lock.Close() }()
	for _, path := range segmentsOf(other) {
		to := l.path()
		if err := os.Rename(path, to); err != nil {
			trouble = errors.Join(trouble, err)
			continue
		}
		s, err := openSegment(to)
		switch {
		case err != nil:
			trouble = errors.Join(trouble, err)
		case s.spans == 0:
			trouble = errors.Join(trouble, s.remove())
		default:
			taken = append(taken, s)
		}
	}
	_ = os.Remove(filepath.Join(other, lockName))
	_ = os.Remove(other) // unless something is left in it
	return taken, trouble
}

// segmentsOf lists the segments of a lane in their order.
func segmentsOf(dir string) (paths []string) {
	entries, _ := os.ReadDir(dir) // what cannot be read has none
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), segmentSuffix) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// path names the next segment.
func (l *lane) path() string {
	l.next++
	return filepath.Join(l.dir, fmt.Sprintf("%016d%s", l.next-1, segmentSuffix)) // in order when sorted as text
}

func (l *lane) unlock() {
	if l.lock != nil {
		_ = l.lock.Close()
	}
}

// close gives the lane back, and removes it if it is empty.
func (l *lane) close() {
	if len(segmentsOf(l.dir)) == 0 {
		_ = os.Remove(filepath.Join(l.dir, lockName))
		_ = os.Remove(l.dir)
	}
	l.unlock()
}
