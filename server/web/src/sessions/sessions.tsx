// The list of sessions.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { path } from "../api/client.ts";
import { keys, useSessions } from "../api/queries.ts";
import { useLive } from "../live/live.ts";
import { cost, count, duration, nanos } from "../model/format.ts";
import { Tokens } from "../traces/row.tsx";
import { isMistake, QueryBox } from "../search/querybox.tsx";
import { More } from "../traces/traces.tsx";
import { useTitle } from "../ui/hooks.ts";
import { Icon } from "../ui/icons.tsx";
import { Ago, Loading, Problem } from "../ui/parts.tsx";

/** Asks for every session again when a trace with a session changed, at most each other second. */
export function useSessionRefresh(session?: string): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLive((m) => {
    if (m.kind !== "trace" || !m.trace.session_id || timer.current) return;
    if (session !== undefined && m.trace.session_id !== session) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: keys.sessions });
    }, 1_000);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}

export function SessionList() {
  useTitle("Sessions");
  useSessionRefresh();
  const search = useSearch();
  const [, navigate] = useLocation();
  const params = new URLSearchParams(search);
  const q = params.get("q") ?? "";
  const user = params.get("user") ?? "";
  const setQ = (q: string) => {
    const next = new URLSearchParams(search);
    if (q) next.set("q", q);
    else next.delete("q");
    navigate(next.size ? `/sessions?${next}` : "/sessions", { replace: true });
  };

  const sessions = useSessions({ user, q });
  const rows = sessions.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <div className="list-page">
      <div className="filters" role="search">
        <QueryBox value={q} onChange={setQ} error={sessions.error} />
        {user && (
          <span className="badge plain">
            user {user}
            <button
              type="button"
              className="copy"
              aria-label="Clear the user"
              onClick={() => navigate("/sessions")}
            >
              <Icon name="close" size={11} />
            </button>
          </span>
        )}
      </div>
      {isMistake(sessions.error) ? null : sessions.isError ? (
        <Problem error={sessions.error} what="The list" retry={() => void sessions.refetch()} />
      ) : sessions.isPending ? (
        <Loading what="sessions" />
      ) : rows.length === 0 ? (
        <div className="problem">
          <Icon name="search" size={28} />
          <h2>{q || user ? "No session matches" : "No sessions yet"}</h2>
          {!q && !user && (
            <p className="muted">
              A session joins the traces of one conversation. Set it with{" "}
              <code>clew.WithSession(ctx, "chat-42")</code>, or with the attribute <code>session.id</code> on
              spans of any OpenTelemetry program.
            </p>
          )}
        </div>
      ) : (
        <div className={sessions.isPlaceholderData ? "table-wrap stale" : "table-wrap"}>
          <table className="traces sessions">
            <thead>
              <tr>
                <th>Session</th>
                <th>User</th>
                <th>Last activity</th>
                <th>Lasted</th>
                <th className="num">Traces</th>
                <th className="num">Spans</th>
                <th className="num">Errors</th>
                <th className="num">Tokens</th>
                <th className="num">Cost</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((s) => (
                <tr
                  key={s.session_id}
                  onClick={(e) => {
                    if (!(e.target as Element).closest("a")) navigate(path`/sessions/${s.session_id}`);
                  }}
                >
                  <td className="name">
                    <Link href={path`/sessions/${s.session_id}`}>{s.session_id}</Link>
                  </td>
                  <td>{s.user_id}</td>
                  <td className="start">
                    <Ago time={s.end_time} />
                  </td>
                  <td>{duration(Number(nanos(s.end_time) - nanos(s.start_time)))}</td>
                  <td className="num">{count(s.trace_count)}</td>
                  <td className="num">{count(s.span_count)}</td>
                  <td className={s.error_count > 0 ? "num bad" : "num none"}>{count(s.error_count)}</td>
                  <td className="num tokens">
                    <Tokens input={s.input_tokens} output={s.output_tokens} />
                  </td>
                  <td className={s.cost === null ? "num none" : "num"}>{cost(s.cost)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <More
            count={rows.length}
            hasMore={sessions.hasNextPage}
            loading={sessions.isFetchingNextPage}
            failed={sessions.isFetchNextPageError}
            load={() => void sessions.fetchNextPage()}
          />
        </div>
      )}
    </div>
  );
}
