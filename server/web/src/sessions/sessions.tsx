// The list of sessions.

import { Link, useLocation, useSearch } from "wouter";
import { path } from "../api/client.ts";
import { keys, useSessions } from "../api/queries.ts";
import type { Session } from "../api/types.ts";
import { CostCell, ErrorsCell, TokensCell } from "../list/cells.tsx";
import { LinkRow, List, useRows } from "../list/list.tsx";
import { useRefresh } from "../live/refresh.ts";
import { count, duration, nanos } from "../model/format.ts";
import { QueryBox } from "../search/querybox.tsx";
import { useTitle } from "../ui/hooks.ts";
import { Icon } from "../ui/icons.tsx";
import { Ago } from "../ui/parts.tsx";

/** Asks for sessions again when a trace of one changed, or of this one. */
export function useSessionRefresh(session?: string): void {
  useRefresh(keys.sessions, 1_000, (t) => t.session_id !== "" && (session ?? t.session_id) === t.session_id);
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
  const rows = useRows(sessions);
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
      <List
        query={sessions}
        rows={rows}
        what="sessions"
        className="traces sessions"
        head={
          <>
            <th>Session</th>
            <th>User</th>
            <th>Last activity</th>
            <th>Lasted</th>
            <th className="num">Traces</th>
            <th className="num">Spans</th>
            <th className="num">Errors</th>
            <th className="num">Tokens</th>
            <th className="num">Cost</th>
          </>
        }
        none={
          <div className="problem">
            <Icon name="search" size={28} />
            <h2>{q || user ? "No session matches" : "No sessions yet"}</h2>
            {!q && !user && (
              <p className="muted">
                A session joins the traces of one conversation. Set it with{" "}
                <code>clew.WithSession(ctx, "chat-42")</code>, or with the attribute <code>session.id</code>{" "}
                on spans of any OpenTelemetry program.
              </p>
            )}
          </div>
        }
        row={(s) => <Row key={s.session_id} session={s} />}
      />
    </div>
  );
}

function Row({ session: s }: { session: Session }) {
  const href = path`/sessions/${s.session_id}`;
  return (
    <LinkRow href={href}>
      <td className="name">
        <Link href={href}>{s.session_id}</Link>
      </td>
      <td>{s.user_id}</td>
      <td className="start">
        <Ago time={s.end_time} />
      </td>
      <td>{duration(Number(nanos(s.end_time) - nanos(s.start_time)))}</td>
      <td className="num">{count(s.trace_count)}</td>
      <td className="num">{count(s.span_count)}</td>
      <ErrorsCell errors={s.error_count} />
      <TokensCell input={s.input_tokens} output={s.output_tokens} />
      <CostCell dollars={s.cost} />
    </LinkRow>
  );
}
