// One session: its traces in order, on one axis of time.

import { useMemo } from "react";
import { Link } from "wouter";
import { path } from "../api/client.ts";
import { useSession } from "../api/queries.ts";
import type { Trace } from "../api/types.ts";
import { CostCell, ErrorsCell, TokensCell } from "../list/cells.tsx";
import { LinkRow } from "../list/list.tsx";
import { More } from "../list/more.tsx";
import { palette } from "../model/colour.ts";
import { cost, count, duration, exact, nanos, rough } from "../model/format.ts";
import { busy, makeScale, type Scale, ticks } from "../model/scale.ts";
import { barLabel } from "../ui/barlabel.ts";
import { useTitle } from "../ui/hooks.ts";
import { Ago, Copy, Dot, Fact, Loading, Problem } from "../ui/parts.tsx";
import { Wholeness } from "../ui/wholeness.tsx";
import { useSessionRefresh } from "./sessions.tsx";

interface Placed {
  trace: Trace;
  start: number;
  end: number;
}

/** Gaps that are squeezed: at least a minute, and ten times the median trace. */
export function sessionGaps(placed: readonly Placed[]): { start: number; end: number }[] {
  const merged = busy(placed);
  const lengths = placed.map((p) => p.end - p.start).sort((a, b) => a - b);
  const least = Math.max(60e9, 10 * (lengths[Math.floor(lengths.length / 2)] ?? 0));
  return merged
    .slice(1)
    .map((b, i) => ({ start: merged[i]!.end, end: b.start }))
    .filter((g) => g.end - g.start >= least)
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .slice(0, 7)
    .sort((a, b) => a.start - b.start);
}

export function SessionView({ params: { id } }: { params: { id: string } }) {
  useTitle(`Session ${id}`);
  useSessionRefresh(id);
  const answer = useSession(id);
  const pages = answer.data?.pages;
  const placed = useMemo(() => {
    const traces = pages?.flatMap((p) => p.traces) ?? [];
    const origin = traces.reduce(
      (min, t) => (nanos(t.start_time) < min ? nanos(t.start_time) : min),
      nanos(traces[0]?.start_time ?? ""),
    );
    return traces
      .map((trace): Placed => {
        const start = Number(nanos(trace.start_time) - origin);
        return { trace, start, end: start + trace.duration_ns };
      })
      .sort((a, b) => a.start - b.start);
  }, [pages]);
  const scale = useMemo(
    () =>
      makeScale(
        0,
        placed.reduce((max, p) => Math.max(max, p.end), 0),
        sessionGaps(placed),
      ),
    [placed],
  );
  const paint = useMemo(() => palette(placed.flatMap((p) => p.trace.services)), [placed]);

  if (answer.isError)
    return <Problem error={answer.error} what={`Session ${id}`} retry={() => void answer.refetch()} />;
  const session = pages?.[0]?.session;
  if (!session) return <Loading what="the session" />;
  const services = [...new Set(placed.flatMap((p) => p.trace.services))].sort();
  return (
    <div className="session-page">
      <header className="trace-header">
        <div className="trace-title">
          <h1 title={session.session_id}>{session.session_id}</h1>
          <span className="ids">
            <Copy text={session.session_id} title="Copy the session id" />
          </span>
        </div>
        <dl className="facts">
          <Fact label="Traces">{count(session.trace_count)}</Fact>
          <Fact label="Lasted">{duration(Number(nanos(session.end_time) - nanos(session.start_time)))}</Fact>
          <Fact label="Started" title={exact(session.start_time)}>
            {exact(session.start_time).slice(0, 19)}{" "}
            <span className="muted">
              · <Ago time={session.start_time} />
            </span>
          </Fact>
          <Fact label="Spans">{count(session.span_count)}</Fact>
          <Fact label="Errors">
            <span className={session.error_count > 0 ? "bad" : ""}>{count(session.error_count)}</span>
          </Fact>
          <Fact label="Tokens in → out">
            {session.input_tokens === null && session.output_tokens === null
              ? "–"
              : `${count(session.input_tokens)} → ${count(session.output_tokens)}`}
          </Fact>
          <Fact label="Cost">{cost(session.cost)}</Fact>
          {session.user_id && (
            <Fact label="User">
              <Link href={`/sessions?user=${encodeURIComponent(session.user_id)}`}>{session.user_id}</Link>
            </Fact>
          )}
          <div className="fact legend">
            <dt>Services</dt>
            <dd>
              {services.map((name) => (
                <span key={name} className="service">
                  <Dot colour={paint(name)} />
                  {name || "(no service)"}
                </span>
              ))}
            </dd>
          </div>
        </dl>
      </header>
      <div className="table-wrap">
        <Timeline placed={placed} scale={scale} />
        <More count={placed.length} pages={answer} />
      </div>
    </div>
  );
}

function Timeline({ placed, scale }: { placed: Placed[]; scale: Scale }) {
  const marks = ticks(scale, 7);
  return (
    <table className="traces session-traces">
      <thead>
        <tr>
          <th>Trace</th>
          <th className="num">Spans</th>
          <th className="num">Errors</th>
          <th className="num">Tokens</th>
          <th className="num">Cost</th>
          <th className="axis-head">
            <span className="axis">
              {marks.map((m) => (
                <span key={m.place} className="tick" style={{ left: `${m.place * 100}%` }}>
                  {m.label}
                </span>
              ))}
              {scale.pieces.map(
                (p) =>
                  p.idle && (
                    <span
                      key={p.from}
                      className="idle"
                      title={`${duration(p.end - p.start)} without a trace`}
                      style={{ left: `${p.from * 100}%`, width: `${(p.to - p.from) * 100}%` }}
                    >
                      {rough(p.end - p.start)}
                    </span>
                  ),
              )}
            </span>
          </th>
        </tr>
      </thead>
      <tbody>
        {placed.map(({ trace: t, start, end }) => {
          const [left, right] = [scale.at(start), scale.at(end)];
          const href = path`/traces/${t.trace_id}`;
          return (
            <LinkRow key={t.trace_id} href={href}>
              <td className="name">
                <span>
                  <Link href={href} title={t.name}>
                    {t.name || "(unnamed)"}
                  </Link>
                  <Wholeness trace={t} />
                </span>
              </td>
              <td className="num">{count(t.span_count)}</td>
              <ErrorsCell errors={t.error_count} />
              <TokensCell input={t.input_tokens} output={t.output_tokens} />
              <CostCell dollars={t.cost} />
              <td className="time-td" title={`${exact(t.start_time)}\n${duration(t.duration_ns)}`}>
                <span className="session-time">
                  {scale.pieces.map(
                    (p) =>
                      p.idle && (
                        <b
                          key={p.from}
                          style={{ left: `${p.from * 100}%`, width: `${(p.to - p.from) * 100}%` }}
                        />
                      ),
                  )}
                  <i
                    className="bar"
                    style={{ left: `${left * 100}%`, width: `max(3px, ${(right - left) * 100}%)` }}
                  />
                  <span {...barLabel(left, right)}>{duration(t.duration_ns)}</span>
                </span>
              </td>
            </LinkRow>
          );
        })}
      </tbody>
    </table>
  );
}
