// The list of traces: filters, live rows, more rows on demand.

import { Link, useLocation, useSearch } from "wouter";
import { useTraces } from "../api/queries.ts";
import { FilterBar } from "../list/filterbar.tsx";
import { List, useRows } from "../list/list.tsx";
import { type Filters, fromSearch, isFiltered, toSearch } from "../model/filters.ts";
import { useTitle } from "../ui/hooks.ts";
import { Icon } from "../ui/icons.tsx";
import { Empty } from "./empty.tsx";
import { useLiveRows } from "./live.ts";
import { Row } from "./row.tsx";

export function TraceList() {
  useTitle("Traces");
  const search = useSearch();
  const [, navigate] = useLocation();
  const filters = fromSearch(search);
  const traces = useTraces(filters);
  const rows = useRows(traces);
  const live = useLiveRows(filters);
  const setFilters = (next: Partial<Filters>) => {
    const query = toSearch({ ...filters, ...next });
    navigate(query ? `/?${query}` : "/", { replace: true });
  };

  const longest = rows.reduce((max, t) => Math.max(max, t.duration_ns), 0);
  const filtered = isFiltered(filters);
  if (traces.isSuccess && rows.length === 0 && !filtered) return <Empty />;
  return (
    <div className="list-page">
      <FilterBar filters={filters} onChange={setFilters} error={traces.error}>
        {filtered && <Link href={`/spans?${toSearch(filters)}`}>The spans</Link>}
        <button
          type="button"
          className={live.paused ? "pause paused" : "pause"}
          aria-pressed={live.paused}
          title={live.paused ? "Show new rows again" : "Keep the rows still"}
          onClick={live.toggle}
        >
          <Icon name={live.paused ? "play" : "pause"} size={14} />
          {live.paused ? (live.waiting > 0 ? `Resume, ${live.waiting} changed` : "Resume") : "Pause"}
        </button>
      </FilterBar>
      <List
        query={traces}
        rows={rows}
        what="traces"
        className="traces"
        head={
          <>
            <th>Name</th>
            <th>Services</th>
            <th>Started</th>
            <th>Duration</th>
            <th className="num">Spans</th>
            <th className="num">Errors</th>
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
            <h2>No trace matches</h2>
            <p className="muted">
              All conditions must hold for one and the same span of a trace; <code>{"{error:true}"}</code>{" "}
              asks for any of its spans.
            </p>
            <p className="actions">
              <button type="button" onClick={() => navigate("/")}>
                Clear the filters
              </button>
            </p>
          </div>
        }
        row={(t) => <Row key={t.trace_id} trace={t} longest={longest} fresh={live.fresh.has(t.trace_id)} />}
      />
    </div>
  );
}
