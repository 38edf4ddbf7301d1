// Pages of traces and what changed since they were loaded.

import type { Page, Trace } from "../api/types.ts";

function newestFirst(a: Trace, b: Trace): number {
  if (a.start_time !== b.start_time) return a.start_time < b.start_time ? 1 : -1;
  return a.trace_id < b.trace_id ? 1 : a.trace_id > b.trace_id ? -1 : 0;
}

/**
 * The pages with changed traces put in: known ones in their place, new ones
 * where their start belongs. One that would come after the last loaded row waits
 * for its own page, unless there is none.
 */
export function merge(pages: Page<Trace>[], changed: Iterable<Trace>): Page<Trace>[] {
  const fresh = new Map<string, Trace>();
  for (const t of changed) fresh.set(t.trace_id, t);
  if (fresh.size === 0 || pages.length === 0) return pages;
  const last = pages[pages.length - 1]!;
  const bound = last.next_cursor ? last.items[last.items.length - 1] : undefined;
  const known = new Set<string>();
  const merged = pages.map((page) => ({
    ...page,
    items: page.items.map((t) => {
      known.add(t.trace_id);
      return fresh.get(t.trace_id) ?? t;
    }),
  }));
  const added = [...fresh.values()].filter(
    (t) => !known.has(t.trace_id) && (!bound || newestFirst(t, bound) < 0),
  );
  if (added.length > 0) {
    const first = merged[0]!;
    merged[0] = { ...first, items: [...first.items, ...added].sort(newestFirst) };
  }
  return merged;
}
