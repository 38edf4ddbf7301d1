// What spans add up to, by time and by group. All that is chosen is in the URL.

import { Link, useLocation, useSearch } from "wouter";
import { useAggregate } from "../api/queries.ts";
import type { Aggregate, Measures } from "../api/types.ts";
import {
  fromSearch,
  type Grouping,
  groupings,
  measures,
  nameOf,
  type State,
  sum,
  toChartsSearch,
  tracesLink,
} from "../model/charts.ts";
import { palette } from "../model/colour.ts";
import { ranges } from "../model/filters.ts";
import { cost, count, duration, short, unknown } from "../model/format.ts";
import { isMistake, QueryBox } from "../search/querybox.tsx";
import { Moment } from "../list/filterbar.tsx";
import { useTitle } from "../ui/hooks.ts";
import { Icon } from "../ui/icons.tsx";
import { Dot, Fact, Loading, Problem } from "../ui/parts.tsx";
import { Chart } from "./chart.tsx";

export function Charts() {
  useTitle("Charts");
  const state = fromSearch(useSearch());
  const [, navigate] = useLocation();
  const change = (next: Partial<State>) => {
    const search = toChartsSearch({ ...state, ...next });
    navigate(search ? `/charts?${search}` : "/charts", { replace: true });
  };
  const answer = useAggregate(state);
  const data = answer.data;
  return (
    <div className="list-page">
      <div className="filters" role="search" aria-label="What the charts are of">
        <QueryBox value={state.q} onChange={(q) => change({ q })} error={answer.error} />
        <label className="by">
          by{" "}
          <select
            aria-label="Group by"
            value={state.by}
            onChange={(e) => change({ by: e.target.value as Grouping })}
          >
            {groupings.map((g) => (
              <option key={g}>{g}</option>
            ))}
          </select>
        </label>
        <Times state={state} onChange={change} />
      </div>
      {isMistake(answer.error) ? null : answer.isError ? (
        <Problem error={answer.error} what="The charts" retry={() => void answer.refetch()} />
      ) : !data ? (
        <Loading what="charts" />
      ) : data.total.span_count === 0 ? (
        <div className="problem">
          <Icon name="search" size={28} />
          <h2>{state.q ? "No span matches in this time" : "No spans in this time"}</h2>
          {state.range !== "all" && (
            <p className="actions">
              <button type="button" onClick={() => change({ range: "all", from: "", to: "" })}>
                Look at any time
              </button>
            </p>
          )}
        </div>
      ) : (
        <div className={answer.isPlaceholderData ? "charts-page stale" : "charts-page"}>
          <Totals m={data.total} />
          <Grid data={data} state={state} />
          <Groups data={data} state={state} />
        </div>
      )}
    </div>
  );
}

function Times({ state, onChange }: { state: State; onChange: (next: Partial<State>) => void }) {
  const custom = state.range === "";
  return (
    <>
      <select
        aria-label="Time"
        value={custom ? "custom" : state.range}
        onChange={(e) => {
          const range = e.target.value;
          if (range !== "custom") onChange({ range, from: "", to: "" });
          else onChange({ range: "", from: new Date(Date.now() - 86_400_000).toISOString(), to: "" });
        }}
      >
        {ranges.map((r) => (
          <option key={r.id} value={r.id}>
            {r.label}
          </option>
        ))}
        <option value="all">Any time</option>
        <option value="custom">From … to …</option>
      </select>
      {custom && (
        <>
          <Moment label="From" value={state.from} onChange={(from) => onChange({ from })} />
          <Moment label="To" value={state.to} onChange={(to) => onChange({ to })} />
        </>
      )}
    </>
  );
}

const time = (ns: number | null) => (ns === null ? unknown : duration(ns));

function Totals({ m }: { m: Measures }) {
  return (
    <dl className="facts totals">
      <Fact label="Spans">{count(m.span_count)}</Fact>
      <Fact label="Errors">
        <span className={m.error_count > 0 ? "bad" : undefined}>{count(m.error_count)}</span>
      </Fact>
      <Fact label="p50">{time(m.p50_ns)}</Fact>
      <Fact label="p95">{time(m.p95_ns)}</Fact>
      <Fact label="Tokens">{short(sum(m.input_tokens, m.output_tokens))}</Fact>
      <Fact label="Cost" title={unpriced(m)}>
        {cost(m.cost)}
        {m.unpriced_count > 0 && (
          <span className="muted"> + {count(m.unpriced_count)} calls without a price</span>
        )}
      </Fact>
    </dl>
  );
}

function unpriced(m: Measures): string {
  return `The cost of ${count(m.unpriced_count)} of ${count(m.call_count)} model calls is not known`;
}

/** Colours go by name, so that a group has the same one on every visit. */
function coloursOf(data: Aggregate): string[] {
  const names = data.groups.filter((g) => g.others === 0).map((g) => g.value);
  const colour = palette(names);
  return data.groups.map((g) => (g.others > 0 ? "var(--line-strong)" : colour(g.value)));
}

function Grid({ data, state }: { data: Aggregate; state: State }) {
  const colours = coloursOf(data);
  const width = data.width_ns / 1e6;
  const start = (i: number) => Date.parse(data.buckets[i]!);
  const link = (i: number) =>
    tracesLink(state, undefined, {
      from: new Date(start(i)).toISOString(),
      to: new Date(start(i) + width).toISOString(),
    });
  const label = (i: number) => moment(start(i), width);
  const n = data.buckets.length;
  return (
    <>
      <div className="charts">
        {measures.map((m) => (
          <Chart key={m.title} data={data} measure={m} colours={colours} label={label} link={link} />
        ))}
      </div>
      {n > 0 && (
        <p className="axis-note muted">
          {label(0)} to {moment(start(n - 1) + width, width)}, {duration(data.width_ns)} a bar
        </p>
      )}
    </>
  );
}

/** A moment in this browser's zone, as exactly as buckets are. */
function moment(ms: number, width: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  if (width >= 86_400_000) return day;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return `${day} ${width >= 60_000 ? clock : `${clock}:${two(date.getSeconds())}`}`;
}

function Groups({ data, state }: { data: Aggregate; state: State }) {
  const colours = coloursOf(data);
  return (
    <div className="table-wrap">
      <table className="traces groups">
        <thead>
          <tr>
            <th>{state.by}</th>
            <th className="num">Spans</th>
            <th className="num">Errors</th>
            <th className="num">p50</th>
            <th className="num">p95</th>
            <th className="num">p99</th>
            <th className="num">Tokens</th>
            <th className="num">Cost</th>
          </tr>
        </thead>
        <tbody>
          {data.groups.map((g, k) => (
            <tr key={`${g.others} ${g.value}`}>
              <td className="name">
                <Dot colour={colours[k]!} />
                {g.others > 0 ? (
                  <span className="muted">{nameOf(g)}</span>
                ) : (
                  <Link href={tracesLink(state, g)} title="Traces that have such a span">
                    {nameOf(g)}
                  </Link>
                )}
              </td>
              <td className="num">{count(g.total.span_count)}</td>
              <td className={g.total.error_count > 0 ? "num bad" : "num none"}>
                {count(g.total.error_count)}
              </td>
              <td className="num">{time(g.total.p50_ns)}</td>
              <td className="num">{time(g.total.p95_ns)}</td>
              <td className="num">{time(g.total.p99_ns)}</td>
              <td className="num">{short(sum(g.total.input_tokens, g.total.output_tokens))}</td>
              <td className={g.total.cost === null ? "num none" : "num"} title={unpriced(g.total)}>
                {cost(g.total.cost)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
