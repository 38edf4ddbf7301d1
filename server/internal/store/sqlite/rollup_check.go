package sqlite

import (
	"fmt"
	"reflect"

	"github.com/clewhq/clew/server/internal/measure"
)

// rollups compares the roll-ups of every hour with what the spans add up to,
// which the step before has found.
func (c *checker) rollups() error {
	if c.n.Damage > 0 {
		return nil // not all spans are known
	}
	for cube := range wholeCube + 1 {
		wrong, err := c.cube(cube)
		if err != nil {
			c.problem("roll-ups: %v", err)
		}
		if wrong > 0 {
			c.problem("%d roll-ups of cube %d are not what the spans add up to", wrong, cube)
		}
	}
	return nil
}

// cube counts the roll-ups of a cube that are wrong, missing or too many.
func (c *checker) cube(cube int) (wrong int, err error) {
	want := rollups{}
	for k, sum := range c.rolled {
		want.sum(rollupKey{k.hour, k.alike.in(cube)}).Merge(sum)
	}
	got := rollups{}
	if err := c.t.changes(got, cube, 0); err != nil {
		return 0, err
	}
	err = c.t.query(rollupsFrom, []any{rowOf(cube, 0) - 1<<31, rowOf(cube+1, 0) - 1<<31}, func(scan func(...any) error) (bool, error) {
		var row int64
		var data string
		if err := scan(&row, &data); err != nil {
			return false, err
		}
		d := decoder{buf: data}
		err := d.cube(cube, func(a alike, sum *measure.Sum) error {
			got.sum(rollupKey{hourOfRow(row), a}).Merge(sum)
			return nil
		})
		if err != nil {
			err = fmt.Errorf("hour %d of cube %d: %w", hourOfRow(row), cube, err)
		}
		return true, err
	})
	for k, sum := range want {
		if !sameSums(*sum, *got.sum(k)) {
			wrong++
		}
		delete(got, k)
	}
	for _, sum := range got {
		if !sum.IsZero() {
			wrong++
		}
	}
	return wrong, err
}

// sameSums compares two sums; one from which all was taken off again has empty
// bins where another has none.
func sameSums(a, b measure.Sum) bool {
	if len(a.Bins) == 0 && len(b.Bins) == 0 {
		a.Bins, b.Bins = nil, nil
	}
	return reflect.DeepEqual(a, b)
}
