// The list of spans: what the search finds, whichever trace it is in.

import { Link, useLocation, useSearch } from "wouter";
import { path, withParams } from "../api/client.ts";
import { keys, useSpans } from "../api/queries.ts";
import type { Outline } from "../api/types.ts";
import { CostCell, DurationBar, TokensCell } from "../list/cells.tsx";
import { FilterBar } from "../list/filterbar.tsx";
import { LinkRow, List, useRows } from "../list/list.tsx";
import { useRefresh } from "../live/refresh.ts";
import { type Filters, fromSearch, toSearch } from "../model/filters.ts";
import { useTitle } from "../ui/hooks.ts";
import { Icon, typeOf } from "../ui/icons.tsx";
import { Ago, Services } from "../ui/parts.tsx";

export function SpanList() {
  useTitle("Spans");
  const search = useSearch();
  const [, navigate] = useLocation();
  const filters = fromSearch(search);
  const spans = useSpans(filters);
  const rows = useRows(spans);
  useRefresh(keys.spans, 2_000, () => true);
  const setFilters = (next: Partial<Filters>) => {
    const query = toSearch({ ...filters, ...next });
    navigate(query ? `/spans?${query}` : "/spans", { replace: true });
  };

  const longest = rows.reduce((max, s) => Math.max(max, s.duration_ns), 0);
  const query = toSearch(filters);
  return (
    <div className="list-page">
      <FilterBar filters={filters} onChange={setFilters} error={spans.error}>
        <Link href={query ? `/?${query}` : "/"}>Their traces</Link>
      </FilterBar>
      <List
        query={spans}
        rows={rows}
        what="spans"
        className="traces spans"
        head={
          <>
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
          </>
        }
        none={
          <div className="problem">
            <Icon name="search" size={28} />
            <h2>No span matches</h2>
          </div>
        }
        row={(s) => <Row key={`${s.trace_id} ${s.span_id} ${s.twin}`} span={s} longest={longest} />}
      />
    </div>
  );
}

function Row({ span: s, longest }: { span: Outline; longest: number }) {
  const href = withParams(path`/traces/${s.trace_id}`, { span: s.span_id, twin: s.twin || undefined });
  const type = typeOf(s.type, s.kind);
  return (
    <LinkRow href={href}>
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
      <TokensCell input={s.input_tokens} output={s.output_tokens} />
      <CostCell dollars={s.cost} />
      <td className="wide">
        {s.session_id && <Link href={path`/sessions/${s.session_id}`}>{s.session_id}</Link>}
      </td>
      <td className="wide">
        {s.user_id && <Link href={withParams("/spans", { user: s.user_id })}>{s.user_id}</Link>}
      </td>
    </LinkRow>
  );
}
