package sqlite

// The queries that are the same each time.
const (
	idOfTrace   = `SELECT trace_id, revised FROM traces WHERE no = ?`
	countTraces = `SELECT coalesce((SELECT max(no) FROM traces) - (SELECT min(no) FROM traces) + 1, 0)`
	findTrace   = `SELECT no, loose, revised FROM traces WHERE trace_id = ?`
	insertTrace = `INSERT INTO traces (no, trace_id, low64, name, end_ns, services, span_count, error_count, root_count,
		orphan_count, session, user, input_tokens, output_tokens, cost, revised, start_ns, loose) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	updateTrace = `UPDATE traces SET name = ?, end_ns = ?, services = ?, span_count = ?, error_count = ?, root_count = ?,
		orphan_count = ?, session = ?, user = ?, input_tokens = ?, output_tokens = ?, cost = ?, revised = ? WHERE no = ?`
	moveTrace = `UPDATE traces SET name = ?, end_ns = ?, services = ?, span_count = ?, error_count = ?, root_count = ?,
		orphan_count = ?, session = ?, user = ?, input_tokens = ?, output_tokens = ?, cost = ?, revised = ?, start_ns = ?, loose = ? WHERE no = ?`

	insertFrame   = `INSERT INTO frames (no, trace_no, first_message, messages, outline, body) VALUES (?,?,?,?,?,?)`
	framesOfTrace = `SELECT no, first_message, messages, outline FROM frames WHERE trace_no = ? ORDER BY no`
	frameByNo     = `SELECT no, first_message, messages, outline FROM frames WHERE no = ?`
	bodyOfFrame   = `SELECT body FROM frames WHERE no = ?`

	findMessage        = `SELECT no FROM messages WHERE hash = ?`
	someMessages       = `SELECT hash, no FROM messages LIMIT ?`
	insertMessage      = `INSERT INTO messages (no, hash, data) VALUES (?,?,?)`
	loadMessage        = `SELECT data FROM messages WHERE no = ?`
	insertMessageTrace = `INSERT OR IGNORE INTO message_traces (message_no, trace_no) VALUES (?,?)`

	insertEvent   = `INSERT OR IGNORE INTO events (trace_id, span_id, hash, data) VALUES (?,?,?,?)`
	eventsOfTrace = `SELECT span_id, data FROM events WHERE trace_id = ? ORDER BY no`
	eventsOfSpan  = `SELECT span_id, data FROM events WHERE trace_id = ? AND span_id = ? ORDER BY no`

	findResource   = `SELECT no FROM resources WHERE hash = ?`
	insertResource = `INSERT INTO resources (no, hash, data) VALUES (?,?,?)`
	loadResource   = `SELECT data FROM resources WHERE no = ?`
	findScope      = `SELECT no FROM scopes WHERE hash = ?`
	insertScope    = `INSERT INTO scopes (no, hash, data) VALUES (?,?,?)`
	loadScope      = `SELECT data FROM scopes WHERE no = ?`
	outlinesFrom   = `SELECT no, outline FROM frames WHERE no > ? ORDER BY no LIMIT ?`

	findValue   = `SELECT no FROM vals WHERE field = ? AND text = ?`
	insertValue = `INSERT INTO vals (no, field, text) VALUES (?,?,?)`
	loadValue   = `SELECT text FROM vals WHERE no = ?`
	valuesFrom  = `SELECT v.text FROM vals v WHERE v.field = ? AND v.text >= ? AND EXISTS (SELECT 1 FROM facets f WHERE f.value_no = v.no)
		ORDER BY v.text LIMIT ?`
	insertFacet   = `INSERT OR IGNORE INTO facets (value_no, trace_no) VALUES (?,?)`
	deleteFacet   = `DELETE FROM facets WHERE value_no = ? AND trace_no = ?`
	tracesOfValue = `SELECT trace_no FROM facets WHERE value_no = ?`
	countFacet    = `SELECT count(*) FROM (SELECT 1 FROM facets WHERE value_no = ? LIMIT ?)`

	insertHint = `INSERT OR IGNORE INTO hints (hash, start_ns, trace_no, span_id, kind, service_no) VALUES (?,?,?,?,?,?)`
	deleteHint = `DELETE FROM hints WHERE hash = ? AND start_ns = ? AND trace_no = ? AND span_id = ? AND kind = ? AND service_no = ?`
	hinted     = `SELECT t.trace_id, t.no, h.span_id, h.start_ns, h.kind, h.service_no FROM hints h CROSS JOIN traces t ON t.no = h.trace_no
		WHERE h.hash = ? AND h.start_ns BETWEEN ? AND ? AND t.trace_id <> ?
		ORDER BY h.start_ns`

	upsertSessionTrace = `INSERT OR REPLACE INTO session_traces (session_no, trace_no, start_ns, end_ns, user, user_start_ns,
		span_count, error_count, input_tokens, output_tokens, cost) VALUES (?,?,?,?,?,?,?,?,?,?,?)`
	deleteSessionTrace = `DELETE FROM session_traces WHERE session_no = ? AND trace_no = ?`
	tracesOfSession    = `SELECT st.start_ns, st.end_ns, st.user, st.user_start_ns, st.span_count, st.error_count,
		st.input_tokens, st.output_tokens, st.cost, t.trace_id
		FROM session_traces st CROSS JOIN traces t ON t.no = st.trace_no WHERE st.session_no = ?`
	loadSession   = `SELECT ` + sessionColumns + `, x.user_start_ns, x.user_trace FROM sessions x WHERE x.no = ?`
	upsertSession = `INSERT OR REPLACE INTO sessions (no, id, start_ns, end_ns, user, trace_count, span_count, error_count,
		input_tokens, output_tokens, cost, user_start_ns, user_trace) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`
	deleteSession = `DELETE FROM sessions WHERE no = ?`
	sessionByNo   = `SELECT ` + sessionColumns + ` FROM sessions x WHERE x.no = ?`

	upsertService = `INSERT INTO services (name, first_ns, last_ns, span_count) VALUES (?,?,?,?)
		ON CONFLICT (name) DO UPDATE SET first_ns = min(first_ns, excluded.first_ns), last_ns = max(last_ns, excluded.last_ns),
		span_count = span_count + excluded.span_count`
	serviceByName = `SELECT first_ns, last_ns, span_count FROM services WHERE name = ?`

	placeOfTrace   = `SELECT start_ns, trace_id FROM traces WHERE no = ?`
	summaryOfTrace = `SELECT ` + traceColumns + ` FROM traces t WHERE t.trace_id = ?`
	sharingLow64   = `SELECT trace_id FROM traces WHERE low64 = ? AND trace_id <> ? ORDER BY trace_id LIMIT ?`
	countRows      = `SELECT (SELECT coalesce(sum(span_count), 0) FROM services), (SELECT count(*) FROM traces)`

	deleteEvents       = `DELETE FROM events WHERE trace_id = ?`
	deleteTrace        = `DELETE FROM traces WHERE no = ?`
	deleteMessageTrace = `DELETE FROM message_traces WHERE message_no = ? AND trace_no = ?`
	deleteMessage      = `DELETE FROM messages WHERE no = ?1 AND NOT EXISTS (SELECT 1 FROM message_traces WHERE message_no = ?1)`
	deleteValue        = `DELETE FROM vals WHERE no = ?1 AND NOT EXISTS (SELECT 1 FROM facets WHERE value_no = ?1)`
	deleteService      = `DELETE FROM services WHERE name = ?`
	replaceService     = `INSERT OR REPLACE INTO services (name, first_ns, last_ns, span_count) VALUES (?,?,?,?)`
	earliestTraces     = `SELECT t.no, t.trace_id, t.start_ns FROM traces t INDEXED BY traces_by_start
		WHERE ? = 0 OR EXISTS (SELECT 1 FROM facets f WHERE f.value_no = ? AND f.trace_no = t.no) ORDER BY t.start_ns`
	latestTraces = `SELECT t.no, t.trace_id, t.end_ns FROM traces t
		WHERE ? = 0 OR EXISTS (SELECT 1 FROM facets f WHERE f.value_no = ? AND f.trace_no = t.no) ORDER BY t.end_ns DESC`
	markDead   = `UPDATE segments SET dead = TRUE WHERE ready AND first_trace <= ? AND last_trace >= ?`
	idleTraces = `SELECT trace_id FROM traces INDEXED BY traces_by_start WHERE start_ns < ? AND end_ns < ? ORDER BY end_ns LIMIT ?`

	bodiesOfFrames = `SELECT body FROM frames WHERE trace_no = ? AND no BETWEEN ? AND ? ORDER BY no`
	lastFrame      = `SELECT count(*), coalesce(max(no), 0) FROM frames WHERE trace_no = ?`
	replaceFrame   = `UPDATE frames SET first_message = ?, messages = ?, outline = ?, body = ? WHERE no = ?`
	deleteFrames   = `DELETE FROM frames WHERE trace_no = ? AND no >= ? AND no < ?`
	looseTraces    = `SELECT no, trace_id FROM traces INDEXED BY traces_loose WHERE loose > 1`
	tightenTrace   = `UPDATE traces SET loose = 0 WHERE no = ?`

	fullLevel = `SELECT level FROM segments WHERE ready GROUP BY level
		HAVING count(*) >= ? AND (count(*) >= ? OR sum(bytes) > ?) AND sum(bytes) <= ? ORDER BY level LIMIT 1`
	segmentsOfLevel = `SELECT no, level, first_trace, last_trace, dead FROM segments WHERE ready AND level = ? ORDER BY no`
	deadSegment     = `SELECT no, level, first_trace, last_trace, dead FROM segments WHERE ready AND dead ORDER BY no LIMIT ?`
	finishSegment   = `UPDATE segments SET first_trace = ?, last_trace = ?, bytes = ?, dead = ?, directory = ?, ready = TRUE WHERE no = ?`
	retireSegment   = `UPDATE segments SET ready = FALSE WHERE no = ?`
	retiredSegment  = `SELECT no FROM segments WHERE NOT ready LIMIT 1`
	deleteSegment   = `DELETE FROM segments WHERE no = ?`
	deleteBlocks    = `DELETE FROM blocks WHERE no IN (SELECT no FROM blocks WHERE no >= ? AND no < ? LIMIT ?)`
	blocksFrom      = `SELECT data FROM blocks WHERE no >= ? AND no < ? ORDER BY no LIMIT ?`
	tracesDown      = `SELECT no, trace_id, revised FROM traces WHERE no <= ? ORDER BY no DESC LIMIT ?`
	tracesBetween   = `SELECT no FROM traces WHERE no BETWEEN ? AND ? ORDER BY no`

	staleIndex = `SELECT value FROM counters WHERE name = 'unindexed'`

	insertChange  = `INSERT INTO rollup_changes (no, data) VALUES (?,?)`
	changesAfter  = `SELECT no, data FROM rollup_changes WHERE no > ?`
	endsOfChanges = `SELECT (SELECT coalesce(min(no), 0) FROM rollup_changes), (SELECT coalesce(max(no), 0) FROM rollup_changes)`
	countChanges  = `SELECT count(*), coalesce(sum(length(data)), 0), coalesce(max(no), 0) FROM rollup_changes`
	deleteChanges = `DELETE FROM rollup_changes WHERE no <= ?`
	replaceRollup = `INSERT OR REPLACE INTO rollups (no, data) VALUES (?,?)`
	deleteRollup  = `DELETE FROM rollups WHERE no = ?`
	loadRollup    = `SELECT data FROM rollups WHERE no = ?`
	rollupsFrom   = `SELECT no, data FROM rollups WHERE no >= ? AND no < ?`
	startsOfAll   = `SELECT count(*), coalesce(min(first_ns), 0), coalesce(max(last_ns), 0) FROM services`
	loadCounter   = `SELECT value FROM counters WHERE name = ?`
	setCounter    = `INSERT OR REPLACE INTO counters (name, value) VALUES (?,?)`
	deleteCounter = `DELETE FROM counters WHERE name = ?`

	readySegments = `SELECT no, first_trace, last_trace FROM segments WHERE ready ORDER BY no`
	loadDirectory = `SELECT directory FROM segments WHERE no = ?`
	insertSegment = `INSERT INTO segments (no, level, first_trace, last_trace, bytes, ready, dead, directory) VALUES (?,?,?,?,?,?,FALSE,?)`
	insertBlock   = `INSERT INTO blocks (no, data) VALUES (?,?)`
	loadBlock     = `SELECT data FROM blocks WHERE no = ?`
)
