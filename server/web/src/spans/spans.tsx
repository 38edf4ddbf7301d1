// The list of spans: what the search finds, whichever trace it is in.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { path, withParams } from "../api/client.ts";
import { keys, useSpans } from "../api/queries.ts";
import type { Outline } from "../api/types.ts";
import { useLive } from "../live/live.ts";
import { type Filters, fromSearch, toSearch } from "../model/filters.ts";
import { cost } from "../model/format.ts";
import { isMistake } from "../search/querybox.tsx";
import { FilterBar } from "../traces/filterbar.tsx";
import { DurationBar, Tokens } from "../traces/row.tsx";
import { More } from "../traces/traces.tsx";
import { useTitle } from "../ui/hooks.ts";
import { Icon, typeOf } from "../ui/icons.tsx";
import { Ago, Loading, Problem, Services } from "../ui/parts.tsx";

export function SpanList() {
  useTitle("Spans");
  const search = useSearch();
  const [, navigate] = useLocation();
  const filters = fromSearch(search);
  const spans = useSpans(filters);
  useRefresh();
  const setFilters = (next: Partial<Filters>) => {
    const query = toSearch({ ...filters, ...next });
    navigate(query ? `/spans?${query}` : "/spans", { replace: true });
  };

  const good = useRef(spans.data);
  if (spans.data) good.current = spans.data;
  const mistake = isMistake(spans.error);
  const rows = (mistake ? good.current : spans.data)?.pages.flatMap((p) => p.items) ?? [];
  const longest = rows.reduce((max, s) => Math.max(max, s.duration_ns), 0);
  const query = toSearch(filters);
  return (
    <div className="list-page">
      <FilterBar filters={filters} onChange={setFilters} error={spans.error}>
        <Link href={query ? `/?${query}` : "/"}>Their traces</Link>
      </FilterBar>
      {spans.isError && !mistake ? (
        <Problem error={spans.error} what="The list" retry={() => void spans.refetch()} />
      ) : spans.isPending ? (
        <Loading what="spans" />
      ) : rows.length === 0 ? (
        !mistake && (
          <div className="problem">
            <Icon name="search" size={28} />
            <h2>No span matches</h2>
          </div>
        )
      ) : (
        <div className={spans.isPlaceholderData || mistake ? "table-wrap stale" : "table-wrap"}>
          <table className="traces spans">
            <thead>
              <tr>
                <th>Name</th>
                <th>Service</th>
                <th>Started</th>
                <th>Duration</th>
                <th>Type</th>
                <th>Status</th>
                <th className="num" title="Input → output">
                  Tokens
                </th>
                <th className="num">Cost</th>
                <th className="wide">Session</th>
                <th className="wide">User</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((s) => (
                <Row key={`${s.trace_id} ${s.span_id} ${s.twin}`} span={s} longest={longest} />
              ))}
            </tbody>
          </table>
          <More
            count={rows.length}
            hasMore={spans.hasNextPage}
            loading={spans.isFetchingNextPage}
            failed={spans.isFetchNextPageError}
            load={() => void spans.fetchNextPage()}
          />
        </div>
      )}
    </div>
  );
}

function Row({ span: s, longest }: { span: Outline; longest: number }) {
  const [, navigate] = useLocation();
  const href = withParams(path`/traces/${s.trace_id}`, { span: s.span_id, twin: s.twin || undefined });
  const type = typeOf(s.type, s.kind);
  return (
    <tr
      onClick={(e) => {
        if ((e.target as Element).closest("a, button") || getSelection()?.toString()) return;
        if (e.metaKey || e.ctrlKey) window.open(href, "_blank", "noopener");
        else navigate(href);
      }}
    >
      <td className="name">
        <span>
          <Link href={href} title={s.name}>
            {s.name || "(unnamed)"}
          </Link>
        </span>
      </td>
      <td>
        <Services names={[s.service]} max={1} />
      </td>
      <td className="start">
        <Ago time={s.start_time} />
      </td>
      <td className="duration">
        {s.open ? <span className="muted">open</span> : <DurationBar ns={s.duration_ns} longest={longest} />}
      </td>
      <td className="span-type" title={type.label}>
        <span>
          <Icon name={type.icon} size={14} />
          {s.type === "DEFAULT" ? s.kind : s.type}
        </span>
      </td>
      <td className={s.status === "error" ? "bad" : "none"} title={s.status_message || undefined}>
        {s.status}
      </td>
      <td className="num tokens">
        <Tokens input={s.input_tokens} output={s.output_tokens} />
      </td>
      <td className={s.cost === null ? "num none" : "num"} title={s.cost === null ? "Unknown" : `$${s.cost}`}>
        {cost(s.cost)}
      </td>
      <td className="wide">
        {s.session_id && <Link href={path`/sessions/${s.session_id}`}>{s.session_id}</Link>}
      </td>
      <td className="wide">
        {s.user_id && <Link href={withParams("/spans", { user: s.user_id })}>{s.user_id}</Link>}
      </td>
    </tr>
  );
}

/** Asks for the first page again when a trace changed, at most each other second. */
function useRefresh(): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLive((m) => {
    if (m.kind !== "trace" || timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: keys.spans });
    }, 2_000);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
