// SQL over the views of the server: a query, which is in the URL, and its rows.

import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { ApiError, path, withParams } from "../api/client.ts";
import { maxRows, useSQL, useSQLViews } from "../api/queries.ts";
import type { SQLResult } from "../api/types.ts";
import { duration, plural } from "../model/format.ts";
import { useTitle } from "../ui/hooks.ts";
import { Copy, Loading, Problem } from "../ui/parts.tsx";
import { examples } from "./examples.ts";

export function SQLView() {
  useTitle("SQL");
  const [, navigate] = useLocation();
  const query = new URLSearchParams(useSearch()).get("q") ?? "";
  const [draft, setDraft] = useState(query || examples[0]!.sql);
  const editor = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (query) setDraft(query);
  }, [query]);
  const answer = useSQL(query);
  const run = (sql: string) => {
    setDraft(sql);
    // The same query again: what is stored may have changed.
    if (sql === query) void answer.refetch();
    else navigate(withParams("/sql", { q: sql }));
  };
  const insert = (text: string) => {
    const area = editor.current;
    if (!area) return;
    area.focus();
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    setDraft(area.value);
  };
  return (
    <div className="sql-page">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          run(draft);
        }}
      >
        <textarea
          ref={editor}
          aria-label="Query"
          rows={Math.min(14, Math.max(5, draft.split("\n").length + 1))}
          spellCheck={false}
          value={draft}
          onChange={(e) => setDraft(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter" && (e.metaKey || e.ctrlKey)) e.currentTarget.form?.requestSubmit();
          }}
        />
        <div className="sql-actions">
          <button type="submit" disabled={draft.trim() === "" || answer.isFetching}>
            {answer.isFetching ? "Running…" : "Run"}
          </button>
          <span className="muted">Ctrl+Enter</span>
          <select
            aria-label="Examples"
            value=""
            onChange={(e) => {
              const chosen = examples.find((x) => x.title === e.target.value);
              if (chosen) run(chosen.sql);
            }}
          >
            <option value="">Examples…</option>
            {examples.map((x) => (
              <option key={x.title} value={x.title}>
                {x.title}
              </option>
            ))}
          </select>
          <span className="grow" />
          {answer.data && <Summary result={answer.data} />}
        </div>
      </form>
      <div className="sql-below">
        <section aria-label="Rows" aria-busy={answer.isFetching}>
          {answer.isError ? (
            <Mistake error={answer.error} retry={() => void answer.refetch()} />
          ) : answer.data ? (
            <Rows result={answer.data} />
          ) : query ? (
            <Loading what="rows" />
          ) : (
            <p className="muted sql-hint">
              One SELECT in SQLite's dialect, read-only. The views and their columns are on the right; a click
              puts a name into the query.
            </p>
          )}
        </section>
        <Columns onChoose={insert} />
      </div>
    </div>
  );
}

function Summary({ result }: { result: SQLResult }) {
  return (
    <>
      <span className="muted" role="status">
        {plural(result.rows.length, "row")} in {duration(result.elapsed_ns)}
        {result.truncated === "rows" && `, the first ${maxRows}: there are more`}
        {result.truncated === "bytes" && ", the first of them: the answer is too large"}
      </span>
      <Copy text={csv(result)} label="Copy as CSV" title="Copy the rows as comma-separated values" />
    </>
  );
}

/** A mistake in the query is told as the server has it; the list of columns is beside it anyway. */
function Mistake({ error, retry }: { error: Error; retry: () => void }) {
  if (!(error instanceof ApiError) || error.field !== "sql")
    return <Problem error={error} what="The answer" retry={retry} />;
  return (
    <p className="sql-mistake" role="alert">
      {error.message.replace(/ The views and their columns: .*$/s, "")}
    </p>
  );
}

function Rows({ result }: { result: SQLResult }) {
  if (result.rows.length === 0) return <p className="muted sql-hint">No rows.</p>;
  const traceAt = result.columns.indexOf("trace_id");
  return (
    <div className="sql-rows" tabIndex={0} role="region" aria-label="Table of rows">
      <table>
        <thead>
          <tr>
            {result.columns.map((name, i) => (
              <th key={i} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {result.rows.map((row, i) => (
            <tr key={i}>
              {row.map((value, k) => (
                <td
                  key={k}
                  className={value === null ? "null" : typeof value === "number" ? "num" : undefined}
                  title={typeof value === "string" && value.length > 40 ? value.slice(0, 2000) : undefined}
                >
                  <Cell name={result.columns[k]!} value={value} trace={traceAt < 0 ? null : row[traceAt]!} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const longest = 200;

/** A value; ids lead to what they name. */
function Cell(props: {
  name: string;
  value: SQLResult["rows"][number][number];
  trace: SQLResult["rows"][number][number];
}): ReactNode {
  const { name, value, trace } = props;
  if (value === null) return "NULL";
  const text = String(value);
  if (name === "trace_id" && /^[0-9a-f]{32}$/.test(text))
    return <Link href={path`/traces/${text}`}>{text}</Link>;
  if (name === "span_id" && typeof trace === "string" && /^[0-9a-f]{32}$/.test(trace))
    return <Link href={withParams(path`/traces/${trace}`, { span: text })}>{text}</Link>;
  if (name === "session_id" && text) return <Link href={path`/sessions/${text}`}>{text}</Link>;
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function Columns({ onChoose }: { onChoose: (name: string) => void }) {
  const views = useSQLViews().data?.items ?? [];
  return (
    <aside aria-label="Views and their columns">
      {views.map((v, i) => (
        <details key={v.name} open={i === 0}>
          <summary title={v.help}>
            <b>{v.name}</b> <span className="muted">{v.help}</span>
          </summary>
          <ul>
            {v.columns.map((c) => (
              <li key={c.name}>
                <button type="button" title={`Put ${c.name} into the query`} onClick={() => onChoose(c.name)}>
                  {c.name}
                </button>
                <small title={c.help}>
                  {c.type.toLowerCase()}
                  {c.help && ` · ${c.help}`}
                </small>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </aside>
  );
}

function csv(result: SQLResult): string {
  const cell = (v: unknown) => {
    const text = v === null ? "" : String(v);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [result.columns, ...result.rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
