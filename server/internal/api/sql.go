package api

import (
	"encoding/base64"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/sqlview"
)

// defaultRows is how many rows of a query are sent to who doesn't say.
const defaultRows = 1000

// postSQL runs the SELECT in the body. It is a POST because of the body; it
// changes nothing.
func (a *api) postSQL(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	limit := p.number("limit", defaultRows, 1, sqlview.MaxRows)
	if err := p.done(); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sqlview.MaxText))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return failf(http.StatusRequestEntityTooLarge, "too_large", "", "a query is at most %d KiB", sqlview.MaxText>>10)
	} else if err != nil {
		return failf(http.StatusBadRequest, "invalid_argument", "", "the query could not be read: %v", err)
	}
	begun := time.Now()
	result, err := a.sql.Query(r.Context(), string(body), limit)
	if told := new(sqlview.Error); errors.As(err, &told) {
		return invalid("sql", "%s", told.Message)
	} else if err != nil {
		return err
	}
	rows := make([][]any, len(result.Rows))
	for i, row := range result.Rows {
		rows[i] = wireList(row, wireCell)
	}
	return writeJSON(w, client.SQLResult{
		Columns: wireStrings(result.Columns), Rows: rows, Truncated: result.Truncated, ElapsedNS: time.Since(begun).Nanoseconds(),
	})
}

// getSQL tells what can be asked.
func (a *api) getSQL(w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).done(); err != nil {
		return err
	}
	views := wireList(sqlview.Views(), func(v sqlview.View) client.SQLView {
		return client.SQLView{Name: v.Name, Help: v.Help, Columns: wireList(v.Columns, func(c sqlview.Column) client.SQLColumn {
			return client.SQLColumn{Name: c.Name, Type: c.Type, Help: c.Help}
		})}
	})
	return writeJSON(w, client.List[client.SQLView]{Items: views})
}

// exact is up to where every reader of JSON reads whole numbers as they are.
const exact = 1 << 53

// wireCell writes a value of SQLite: a number that JSON's readers would change is
// text, bytes are base64.
func wireCell(v any) any {
	switch v := v.(type) {
	case int64:
		if v > exact || v < -exact {
			return strconv.FormatInt(v, 10)
		}
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	}
	return v
}
