package sqlite

import "strings"

// The queries that are prepared when the store opens.
const (
	findTrace   = `SELECT no FROM traces WHERE trace_id = ?`
	insertTrace = `INSERT INTO traces (trace_id, low64, name, start_ns, end_ns, services, span_count, error_count, root_count,
		orphan_count, session, user, input_tokens, output_tokens, cost) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	updateTrace = `UPDATE traces SET name = ?, start_ns = ?, end_ns = ?, services = ?, span_count = ?, error_count = ?, root_count = ?,
		orphan_count = ?, session = ?, user = ?, input_tokens = ?, output_tokens = ?, cost = ? WHERE no = ?`
	rowsOfTrace = `SELECT ` + spanColumns + ` FROM spans s WHERE s.trace_no = ?`

	insertBody = `INSERT INTO bodies (data) VALUES (?)`
	updateBody = `UPDATE bodies SET data = ? WHERE no = ?`
	loadBody   = `SELECT data FROM bodies WHERE no = ?`

	insertEvent = `INSERT OR IGNORE INTO events (trace_id, span_id, hash, data) VALUES (?,?,?,?)`

	findResource   = `SELECT no FROM resources WHERE hash = ?`
	insertResource = `INSERT INTO resources (hash, data) VALUES (?,?)`
	loadResource   = `SELECT data FROM resources WHERE no = ?`
	findScope      = `SELECT no FROM scopes WHERE hash = ?`
	insertScope    = `INSERT INTO scopes (hash, data) VALUES (?,?)`
	loadScope      = `SELECT data FROM scopes WHERE no = ?`

	insertFacet = `INSERT OR IGNORE INTO facets (field, value, trace_no) VALUES (?,?,?)`
	deleteFacet = `DELETE FROM facets WHERE field = ? AND value = ? AND trace_no = ?`
	insertHint  = `INSERT OR IGNORE INTO hints (hint, start_ns, trace_no, span_id, kind, service) VALUES (?,?,?,?,?,?)`
	deleteHint  = `DELETE FROM hints WHERE hint = ? AND start_ns = ? AND trace_no = ? AND span_id = ? AND kind = ? AND service = ?`

	upsertSessionTrace = `INSERT OR REPLACE INTO session_traces (session, trace_no, start_ns, end_ns, user, user_start_ns,
		span_count, error_count, input_tokens, output_tokens, cost) VALUES (?,?,?,?,?,?,?,?,?,?,?)`
	deleteSessionTrace = `DELETE FROM session_traces WHERE session = ? AND trace_no = ?`
	tracesOfSession    = `SELECT st.start_ns, st.end_ns, st.user, st.user_start_ns, st.span_count, st.error_count,
		st.input_tokens, st.output_tokens, st.cost, t.trace_id
		FROM session_traces st CROSS JOIN traces t ON t.no = st.trace_no WHERE st.session = ?`
	upsertSession = `INSERT OR REPLACE INTO sessions (id, start_ns, end_ns, user, trace_count, span_count, error_count,
		input_tokens, output_tokens, cost) VALUES (?,?,?,?,?,?,?,?,?,?)`
	deleteSession = `DELETE FROM sessions WHERE id = ?`

	upsertService = `INSERT INTO services (name, first_ns, last_ns, span_count) VALUES (?,?,?,?)
		ON CONFLICT (name) DO UPDATE SET first_ns = min(first_ns, excluded.first_ns), last_ns = max(last_ns, excluded.last_ns),
		span_count = span_count + excluded.span_count`

	outlineOfTrace = `SELECT ` + spanColumns + ` FROM traces t CROSS JOIN spans s ON s.trace_no = t.no WHERE t.trace_id = ?`
	wholeTrace     = `SELECT b.data, ` + spanColumns + ` FROM traces t CROSS JOIN spans s ON s.trace_no = t.no
		CROSS JOIN bodies b ON b.no = s.body_no WHERE t.trace_id = ?`
	wholeSpan     = wholeTrace + ` AND s.span_id = ?`
	eventsOfTrace = `SELECT span_id, data FROM events WHERE trace_id = ? ORDER BY no`
	eventsOfSpan  = `SELECT span_id, data FROM events WHERE trace_id = ? AND span_id = ? ORDER BY no`

	summaryOfTrace = `SELECT ` + traceColumns + ` FROM traces t WHERE t.trace_id = ?`
	sessionByID    = `SELECT ` + sessionColumns + ` FROM sessions x WHERE x.id = ?`
	sharing        = `SELECT trace_id FROM traces WHERE low64 = ? AND trace_id <> ? ORDER BY trace_id LIMIT ?`
	serviceByName  = `SELECT first_ns, last_ns, span_count FROM services WHERE name = ?`
	hinted         = `SELECT t.trace_id, ` + spanColumns + ` FROM hints h CROSS JOIN traces t ON t.no = h.trace_no
		CROSS JOIN spans s ON s.trace_no = h.trace_no AND s.span_id = h.span_id AND s.start_ns = h.start_ns AND s.kind = h.kind
			AND s.service = h.service
		WHERE h.hint = ? AND h.start_ns BETWEEN ? AND ? AND t.trace_id <> ?
		ORDER BY h.start_ns, t.trace_id, s.span_id, s.service, s.kind LIMIT ?`
	facetFrom   = `SELECT value FROM facets WHERE field = ? AND value >= ? ORDER BY value LIMIT 1`
	facetAfter  = `SELECT value FROM facets WHERE field = ? AND value > ? ORDER BY value LIMIT 1`
	sessionFrom = `SELECT id FROM sessions WHERE id >= ? ORDER BY id LIMIT ?`
	countRows   = `SELECT (SELECT coalesce(sum(span_count), 0) FROM services), (SELECT count(*) FROM traces)`

	countFacet   = `SELECT count(*) FROM (SELECT 1 FROM facets WHERE field = ? AND value = ? LIMIT ?)`
	countSession = `SELECT count(*) FROM (SELECT 1 FROM session_traces WHERE session = ? LIMIT ?)`
)

var (
	insertSpan = `INSERT OR REPLACE INTO spans (trace_no, ` + columnNames(spanColumns) + `) VALUES (?` +
		strings.Repeat(",?", strings.Count(spanColumns, ",")+1) + `)`

	writeQueries = []string{
		findTrace, insertTrace, updateTrace, rowsOfTrace, insertBody, updateBody, loadBody, insertEvent,
		findResource, insertResource, findScope, insertScope, insertFacet, deleteFacet, insertHint, deleteHint,
		upsertSessionTrace, deleteSessionTrace, tracesOfSession, upsertSession, deleteSession, upsertService, insertSpan, loadResource, loadScope,
	}
	readQueries = []string{
		loadResource, loadScope, outlineOfTrace, wholeTrace, wholeSpan, eventsOfTrace, eventsOfSpan, summaryOfTrace, sessionByID,
		sharing, serviceByName, hinted, facetFrom, facetAfter, sessionFrom, countRows, countFacet, countSession,
	}
)

// columnNames removes the table's alias from a list of columns.
func columnNames(columns string) string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		_, names[i], _ = strings.Cut(name, ".")
	}
	return strings.Join(names, ", ")
}
