// Keeps the list of traces up to date.

import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { get, withParams } from "../api/client.ts";
import { keys } from "../api/queries.ts";
import type { Page, Trace } from "../api/types.ts";
import { useLive } from "../live/live.ts";
import { type Filters, fromSearch, toParams, toSearch } from "../model/filters.ts";
import { merge } from "./merge.ts";

type Data = InfiniteData<Page<Trace>, string>;

/** How often a filtered list asks which of the changed traces match. */
const askAgain = 1_000;

/**
 * Keeps the cached list up to date with the live stream. Without filters a
 * changed trace is its own new row; with filters only the server knows whether
 * it matches, so the first page is asked for.
 */
export function useLiveRows(filters: Filters) {
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
