// The list of traces: filters, live rows, more rows on demand.

import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { get, withParams } from "../api/client.ts";
import { keys, useTraces } from "../api/queries.ts";
import type { Page, Trace } from "../api/types.ts";
import { useLive } from "../live/live.ts";
import { type Filters, fromSearch, isFiltered, toParams, toSearch } from "../model/filters.ts";
import { plural } from "../model/format.ts";
import { useTitle } from "../ui/hooks.ts";
import { Icon } from "../ui/icons.tsx";
import { Loading, Problem } from "../ui/parts.tsx";
import { Empty } from "./empty.tsx";
import { isMistake } from "../search/querybox.tsx";
import { FilterBar } from "./filterbar.tsx";
import { merge } from "./merge.ts";
import { Row } from "./row.tsx";

type Data = InfiniteData<Page<Trace>, string>;

export function TraceList() {
  useTitle("Traces");
  const search = useSearch();
  const [, navigate] = useLocation();
  const filters = fromSearch(search);
  const traces = useTraces(filters);
  const live = useLiveRows(filters);
  const setFilters = (next: Partial<Filters>) => {
    const query = toSearch({ ...filters, ...next });
    navigate(query ? `/?${query}` : "/", { replace: true });
  };

  // A query that is still being typed is no reason to take the rows away.
  const good = useRef(traces.data);
  if (traces.data) good.current = traces.data;
  const mistake = isMistake(traces.error);
  const rows = (mistake ? good.current : traces.data)?.pages.flatMap((p) => p.items) ?? [];
  const longest = rows.reduce((max, t) => Math.max(max, t.duration_ns), 0);
  const filtered = isFiltered(filters);
  if (traces.isError && rows.length === 0) {
    return (
      <div className="list-page">
        <FilterBar filters={filters} onChange={setFilters} error={traces.error} />
        {mistake || <Problem error={traces.error} what="The list" retry={() => void traces.refetch()} />}
      </div>
    );
  }
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
      {traces.isPending ? (
        <Loading what="traces" />
      ) : rows.length === 0 ? (
        <div className="problem">
          <Icon name="search" size={28} />
          <h2>No trace matches</h2>
          <p className="muted">
            All conditions must hold for one and the same span of a trace; <code>{"{error:true}"}</code> asks
            for any of its spans.
          </p>
          <p className="actions">
            <button type="button" onClick={() => navigate("/")}>
              Clear the filters
            </button>
          </p>
        </div>
      ) : (
        <div className={traces.isPlaceholderData || mistake ? "table-wrap stale" : "table-wrap"}>
          <table className="traces">
            <thead>
              <tr>
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
              </tr>
            </thead>
            <tbody>
              {rows.map((t) => (
                <Row key={t.trace_id} trace={t} longest={longest} fresh={live.fresh.has(t.trace_id)} />
              ))}
            </tbody>
          </table>
          <More
            count={rows.length}
            hasMore={traces.hasNextPage}
            loading={traces.isFetchingNextPage}
            failed={traces.isFetchNextPageError}
            load={() => void traces.fetchNextPage()}
          />
        </div>
      )}
    </div>
  );
}

/** How often a filtered list asks which of the changed traces match. */
const askAgain = 1_000;

/**
 * Keeps the cached list up to date with the live stream. Without filters a
 * changed trace is its own new row; with filters only the server knows whether
 * it matches, so the first page is asked for.
 */
function useLiveRows(filters: Filters) {
  const client = useQueryClient();
  const [paused, setPaused] = useState(false);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const [waiting, setWaiting] = useState(0);
  const held = useRef(new Map<string, Trace>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const search = toSearch(filters);

  const put = useCallback(
    (changed: Trace[]) => {
      const key = [...keys.traces, fromSearch(search)];
      const before = client.getQueryData<Data>(key);
      if (!before) return;
      const known = new Set(before.pages.flatMap((p) => p.items.map((t) => t.trace_id)));
      const unseen = changed.filter((t) => !known.has(t.trace_id)).map((t) => t.trace_id);
      if (unseen.length > 0) setFresh((old) => new Set([...[...old].slice(-200), ...unseen]));
      client.setQueryData<Data>(key, { ...before, pages: merge(before.pages, changed) });
    },
    [client, search],
  );

  const flush = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const changed = [...held.current.values()];
    held.current.clear();
    setWaiting(0);
    if (changed.length === 0) return;
    if (!search) return put(changed);
    // Where a changed row belongs in another order only the server knows.
    if (/(^|\s)sort[:=]/.test(fromSearch(search).q)) {
      void client.invalidateQueries({ queryKey: [...keys.traces, fromSearch(search)] });
      return;
    }
    get<Page<Trace>>(withParams("/traces", { ...toParams(fromSearch(search)), limit: 50 })).then(
      (page) => put(page.items),
      () => undefined, // the live badge tells that the server is away; the next change asks again
    );
  }, [client, put, search]);

  useLive((message) => {
    if (message.kind !== "trace") return;
    held.current.set(message.trace.trace_id, message.trace);
    if (paused) setWaiting(held.current.size);
    else timer.current ??= setTimeout(flush, search ? askAgain : 100);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [search],
  );
  const toggle = () => {
    if (paused) flush();
    setPaused(!paused);
  };
  return { paused, waiting, fresh, toggle };
}

/** The end of the list: loads more when it comes near the window, and on request. */
export function More(props: {
  count: number;
  hasMore: boolean;
  loading: boolean;
  failed: boolean;
  load: () => void;
}) {
  const { count, hasMore, loading, failed, load } = props;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!hasMore || loading || failed || !end.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) load();
      },
      { rootMargin: "600px" },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasMore, loading, failed, load]);
  return (
    <div className="list-end" ref={end}>
      {hasMore ? (
        <button type="button" disabled={loading} onClick={load}>
          {loading ? "Loading…" : failed ? "Loading failed; try again" : "Load more"}
        </button>
      ) : (
        <span className="muted">{plural(count, "row")}, all there are</span>
      )}
    </div>
  );
}
