// Queries to begin with. Each works on any server; docs/guide/sql.md has more.

export const examples: { title: string; sql: string }[] = [
  {
    title: "Cost by model",
    sql: `SELECT model, count(*) AS calls, sum(input_tokens) AS input, sum(output_tokens) AS output, round(sum(cost), 4) AS dollars
FROM spans WHERE type = 'LLM' GROUP BY model ORDER BY dollars DESC`,
  },
  {
    title: "Failures by service and name",
    sql: `SELECT service, name, count(*) AS failures, max(start_time) AS last
FROM spans WHERE is_error GROUP BY service, name ORDER BY failures DESC LIMIT 50`,
  },
  {
    title: "Slowest spans",
    sql: `SELECT trace_id, span_id, service, name, duration_ms
FROM spans WHERE is_open = 0 ORDER BY duration_ms DESC LIMIT 50`,
  },
  {
    title: "Traces an hour",
    sql: `SELECT strftime('%Y-%m-%d %H:00', start_time) AS hour, count(*) AS traces, sum(error_count) AS errors
FROM traces GROUP BY hour ORDER BY hour DESC LIMIT 48`,
  },
  {
    title: "What people asked",
    sql: `SELECT start_time, trace_id, session_id, text FROM messages
WHERE role = 'user' AND direction = 'input' AND is_new ORDER BY start_time DESC LIMIT 50`,
  },
  {
    title: "Requests by route",
    sql: `SELECT attributes ->> 'http.route' AS route, attributes ->> 'http.response.status_code' AS status, count(*) AS requests
FROM spans WHERE kind = 'server' GROUP BY route, status ORDER BY requests DESC`,
  },
  {
    title: "Calls from service to service",
    sql: `SELECT parent.service AS caller, child.service AS callee, count(*) AS calls
FROM traces AS t JOIN spans AS child ON child.trace_id = t.trace_id
JOIN spans AS parent ON parent.trace_id = t.trace_id AND parent.span_id = child.parent_span_id
WHERE parent.service <> child.service GROUP BY caller, callee ORDER BY calls DESC`,
  },
];
