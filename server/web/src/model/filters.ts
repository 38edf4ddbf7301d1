// The filters of a list of traces or spans, which live in the URL.

import type { Params } from "../api/client.ts";

export const fields = ["service", "name", "type", "status", "session", "user"] as const;
export type Field = (typeof fields)[number];

export type Filters = Record<Field | "q" | "range" | "from" | "to", string>;

/** Quick ranges: their name in the URL, what they are called, and their length in milliseconds. */
export const ranges = [
  { id: "15m", label: "Last 15 minutes", ms: 15 * 60_000 },
  { id: "1h", label: "Last hour", ms: 3_600_000 },
  { id: "24h", label: "Last 24 hours", ms: 86_400_000 },
  { id: "7d", label: "Last 7 days", ms: 7 * 86_400_000 },
  { id: "30d", label: "Last 30 days", ms: 30 * 86_400_000 },
] as const;

const all: (keyof Filters)[] = [...fields, "q", "range", "from", "to"];

export function fromSearch(search: string): Filters {
  const params = new URLSearchParams(search);
  return Object.fromEntries(all.map((key) => [key, params.get(key) ?? ""])) as Filters;
}

/** The query of a URL, without the question mark; "" without filters. */
export function toSearch(filters: Partial<Filters>): string {
  const params = new URLSearchParams();
  for (const key of all) {
    const value = filters[key];
    if (value) params.set(key, value);
  }
  return params.toString();
}

export function isFiltered(filters: Filters): boolean {
  return all.some((key) => filters[key] !== "");
}

/** What the API is asked; a quick range counts back from now and beats from and to. */
export function toParams(filters: Filters, now = Date.now()): Params {
  const { range, ...params } = filters;
  const quick = ranges.find((r) => r.id === range);
  if (quick) return { ...params, from: new Date(now - quick.ms).toISOString(), to: "" };
  return params;
}
