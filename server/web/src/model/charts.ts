// What the charts are of: their state in the URL, what is asked for it, and where
// a point of them leads.

import type { Params } from "../api/client.ts";
import type { Group, Series } from "../api/types.ts";
import { type Filters, fields, ranges, toSearch } from "./filters.ts";
import { cost, count, duration, short, unknown } from "./format.ts";

export const groupings = [
  "model",
  "service",
  "name",
  "user",
  "session",
  "provider",
  "type",
  "status",
] as const;
export type Grouping = (typeof groupings)[number];

export interface State {
  q: string;
  by: Grouping;
  /** Of ranges, "all" for everything, or "" when from and to say it. */
  range: string;
  from: string;
  to: string;
}

const usual = { by: "model", range: "24h" };

export function fromSearch(search: string): State {
  const params = new URLSearchParams(search);
  const get = (key: string) => params.get(key) ?? "";
  const by = groupings.find((g) => g === get("by")) ?? (usual.by as Grouping);
  const custom = get("from") !== "" || get("to") !== "";
  const known = get("range") === "all" || ranges.some((r) => r.id === get("range"));
  const range = custom ? "" : known ? get("range") : usual.range;
  return { q: get("q"), by, range, from: get("from"), to: get("to") };
}

export function toChartsSearch(s: State): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(s)) {
    if (value && value !== usual[key as keyof typeof usual]) params.set(key, value);
  }
  return params.toString();
}

/** Buckets of a quick range: their width for the API and in milliseconds. */
const widths: Record<string, [string, number]> = {
  "15m": ["30s", 30_000],
  "1h": ["1m", 60_000],
  "24h": ["1h", 3_600_000],
  "7d": ["3h", 3 * 3_600_000],
  "30d": ["12h", 12 * 3_600_000],
};

const named = 6;

/** What the API is asked. A quick range begins with a whole bucket and has no end. */
export function toParams(s: State, now = Date.now()): Params {
  const params = { q: s.q, by: s.by, top: named };
  const quick = ranges.find((r) => r.id === s.range);
  const width = widths[s.range];
  if (!quick || !width) return { ...params, buckets: 60, from: s.from, to: s.to };
  const from = Math.floor((now - quick.ms) / width[1]) * width[1];
  return { ...params, width: width[0], from: new Date(from).toISOString() };
}

/** A chart is one measure by bucket: stacked where groups add up. */
export interface Measure {
  title: string;
  of: (s: Series) => (number | null)[];
  stacked: boolean;
  format: (n: number | null) => string;
}

const time = (n: number | null) => (n === null ? unknown : duration(n));

export const measures: Measure[] = [
  { title: "Spans", of: (s) => s.span_count, stacked: true, format: count },
  { title: "Errors", of: (s) => s.error_count, stacked: true, format: count },
  { title: "Latency, p50", of: (s) => s.p50_ns, stacked: false, format: time },
  { title: "Latency, p95", of: (s) => s.p95_ns, stacked: false, format: time },
  { title: "Tokens", of: tokens, stacked: true, format: short },
  { title: "Cost", of: (s) => s.cost, stacked: true, format: cost },
];

function tokens(s: Series): (number | null)[] {
  return s.input_tokens.map((n, i) => sum(n, s.output_tokens[i] ?? null));
}

/** The sum of what is known; null when nothing is. */
export function sum(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}

/** The least round number that is not below n: where an axis ends. */
export function ceiling(n: number): number {
  if (!(n > 0)) return 1;
  const size = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 2.5, 5, 10].map((f) => f * size).find((v) => v >= n * (1 - 1e-9)) ?? 10 * size;
}

export function nameOf(g: Group): string {
  if (g.others > 0) return `${count(g.others)} others`;
  return g.value || "(none)";
}

/** The traces that have such a span in a time; the list opens with them. */
export function tracesLink(s: State, group?: Group, times?: { from: string; to: string }): string {
  const when = times ?? { range: s.range === "all" ? "" : s.range, from: s.from, to: s.to };
  const filters: Partial<Filters> = { q: s.q, ...when };
  if (group && group.others === 0) {
    const field = fields.find((f) => f === s.by);
    if (field && group.value !== "") filters[field] = group.value;
    else
      filters.q = [grouped(s.q), `${s.by}:"${group.value.replace(/["\\]/g, "\\$&")}"`]
        .filter(Boolean)
        .join(" ");
  }
  const search = toSearch(filters);
  return search ? `/?${search}` : "/";
}

/** A query to which something is added must not come apart. */
function grouped(q: string): string {
  return / OR /.test(q) ? `(${q})` : q;
}
