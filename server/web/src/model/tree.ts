// A trace's spans in their places, depth first. Its rules are the server's
// (internal/trace): every span appears exactly once whatever its parents claim; a
// parent that was named and never received is a row of its own, where its
// placeholder says or at the top; of a cycle the earliest span becomes a top row;
// siblings are in order of start.

import type { Outline, Placeholder } from "../api/types.ts";
import { fraction, wholeSeconds } from "./format.ts";

export interface TreeRow {
  /** What selects this row in a URL: the span id, with ~n for the n-th twin. */
  key: string;
  /** Undefined for a missing parent. */
  span: Outline | undefined;
  /** Of the span, or of the missing parent: "" when unknown. */
  name: string;
  /** The id of the span, or of the parent that was never received. */
  id: string;
  depth: number;
  /** Index of the parent's row, -1 at the top. */
  parent: number;
  /** Rows below this one, children's children included. */
  size: number;
  children: number;
  /** Nanoseconds since the trace's start. */
  start: number;
  end: number;
  /** Errors among the rows below. */
  errorsBelow: number;
  /** Of the span and all below it; null when none of them knows. */
  inputTokens: number | null;
  outputTokens: number | null;
  cost: number | null;
}

export interface Tree {
  rows: TreeRow[];
  byKey: Map<string, number>;
  /** Nanoseconds from the first start to the last end. */
  length: number;
  deepest: number;
}

export function keyOf(id: string, twin: number): string {
  return twin > 0 ? `${id}~${twin}` : id;
}

/** now, in milliseconds since 1970, is where spans end that have not ended. */
export function buildTree(
  spans: readonly Outline[],
  placeholders: readonly Placeholder[] = [],
  now = Date.now(),
): Tree {
  const n = spans.length;
  const { start, origin } = starts(spans);
  const end = spans.map((s, i) =>
    s.open ? Math.max(start[i]!, (now - origin) * 1e6) : start[i]! + s.duration_ns,
  );

  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => {
    const byId = spans[a]!.span_id < spans[b]!.span_id ? -1 : spans[a]!.span_id > spans[b]!.span_id ? 1 : 0;
    return start[a]! - start[b]! || byId || spans[a]!.twin - spans[b]!.twin;
  });
  const byId = new Map<string, number[]>();
  for (const i of order) {
    const list = byId.get(spans[i]!.span_id);
    if (list) list.push(i);
    else byId.set(spans[i]!.span_id, [i]);
  }
  // What is missing comes after the spans: the k-th has the index n + k.
  const missing: { id: string; name: string }[] = [];
  const missingAt = new Map<string, number>();
  const miss = (id: string, name: string) => {
    const known = missingAt.get(id);
    if (known !== undefined) return known;
    missingAt.set(id, n + missing.length);
    return n + missing.push({ id, name }) - 1;
  };
  for (const p of placeholders) if (!byId.has(p.span_id)) miss(p.span_id, p.name);
  const above = spans.map((_, i) => parentOf(i, spans, byId, start, end));
  spans.forEach(({ parent_span_id: id }, i) => {
    if (above[i]! < 0 && id && !byId.has(id)) above[i] = miss(id, "");
  });
  const parents = new Int32Array(n + missing.length).fill(-1);
  parents.set(above);
  for (const { span_id: id, parent_span_id: parent } of placeholders) {
    const at = missingAt.get(id);
    if (at === undefined || parent === id) continue;
    parents[at] = byId.get(parent)?.[0] ?? missingAt.get(parent) ?? -1;
  }
  cutCycles(order, parents, n);

  // What is missing takes its place with its first child, so that it is among
  // its siblings by start.
  const children: number[][] = Array.from(parents, () => []);
  const tops: number[] = [];
  for (const i of order) {
    for (let at = i, placed = false; !placed; at = parents[at]!) {
      const parent = parents[at]!;
      (children[parent] ?? tops).push(at);
      if (at >= n) start[at] = start[i]!;
      placed = parent < n || children[parent]!.length > 1;
    }
  }

  const rows: TreeRow[] = [];
  const stack = tops.toReversed().map((i) => ({ i, depth: 0, parent: -1 }));
  for (let at = stack.pop(); at; at = stack.pop()) {
    const span = spans[at.i];
    const { id, name } = missing[at.i - n] ?? { id: span!.span_id, name: span!.name };
    const row = rows.length;
    rows.push({
      key: keyOf(id, span?.twin ?? 0),
      span,
      id,
      name,
      depth: at.depth,
      parent: at.parent,
      size: 0,
      children: children[at.i]!.length,
      start: start[at.i]!,
      end: end[at.i] ?? 0,
      errorsBelow: 0,
      inputTokens: span?.input_tokens ?? null,
      outputTokens: span?.output_tokens ?? null,
      cost: span?.cost ?? null,
    });
    for (const child of children[at.i]!.toReversed())
      stack.push({ i: child, depth: at.depth + 1, parent: row });
  }
  for (let r = rows.length - 1; r >= 0; r--) {
    const row = rows[r]!;
    const above = rows[row.parent];
    if (!above) continue;
    if (!above.span) above.end = Math.max(above.end, row.end);
    above.size += row.size + 1;
    above.errorsBelow += row.errorsBelow + (row.span?.status === "error" ? 1 : 0);
    above.inputTokens = sum(above.inputTokens, row.inputTokens);
    above.outputTokens = sum(above.outputTokens, row.outputTokens);
    above.cost = sum(above.cost, row.cost);
  }
  return {
    rows,
    byKey: new Map(rows.map((row, i) => [row.key, i])),
    length: end.reduce((max, t) => Math.max(max, t), 0),
    deepest: rows.reduce((max, row) => Math.max(max, row.depth), 0),
  };
}

/** What is unknown adds nothing, and is no zero. */
function sum(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}

/** Nanoseconds from the first start to each; origin is that first start, in milliseconds since 1970. */
function starts(spans: readonly Outline[]): { start: number[]; origin: number } {
  // Spans share seconds: each is parsed once.
  const parsed = new Map<string, number>();
  const seconds = spans.map(({ start_time: time }) => {
    const prefix = time.slice(0, 19);
    let s = parsed.get(prefix);
    if (s === undefined) parsed.set(prefix, (s = wholeSeconds(time) || 0));
    return s;
  });
  const fractions = spans.map((s) => fraction(s.start_time));
  let first = 0;
  for (let i = 1; i < spans.length; i++) {
    const earlier = seconds[i]! - seconds[first]! || fractions[i]! - fractions[first]!;
    if (earlier < 0) first = i;
  }
  const [s0, ns0] = [seconds[first] ?? 0, fractions[first] ?? 0];
  return { start: seconds.map((s, i) => (s - s0) * 1e9 + fractions[i]! - ns0), origin: s0 * 1e3 + ns0 / 1e6 };
}

/** How many spans of one id are looked at, as in the server's tree: more are a broken id generator. */
const maxTwins = 64;

/**
 * The span that i names as parent, -1 without one. When several share that id it
 * is the one that contains i in time or is of its service, preferring a server
 * or consumer. A server that shares id and parent with its client is its child.
 */
function parentOf(
  i: number,
  spans: readonly Outline[],
  byId: Map<string, number[]>,
  start: number[],
  end: number[],
): number {
  const named = spans[i]!.parent_span_id;
  if (receives(spans[i]!)) {
    const client = byId
      .get(spans[i]!.span_id)!
      .slice(0, maxTwins)
      .find((c) => spans[c]!.parent_span_id === named && sends(spans[c]!));
    if (client !== undefined) return client;
  }
  const candidates = named ? (byId.get(named) ?? []).slice(0, maxTwins) : [];
  let best = -1;
  let bestScore = -1;
  for (const c of candidates) {
    if (c === i) continue;
    const contains = start[c]! <= start[i]! && (spans[c]!.open || end[i]! <= end[c]!);
    const score =
      (contains ? 2 : 0) + (spans[c]!.service === spans[i]!.service ? 2 : 0) + (receives(spans[c]!) ? 1 : 0);
    if (score > bestScore) {
      best = c;
      bestScore = score;
    }
  }
  return best;
}

const receives = ({ kind }: Outline) => kind === "server" || kind === "consumer";
const sends = ({ kind }: Outline) => kind === "client" || kind === "producer";

/** Takes the parent from one of each cycle: what is missing (from n on), or else the earliest span. order is by start. */
function cutCycles(order: number[], parents: Int32Array, n: number): void {
  const rank = new Int32Array(parents.length).map((_, i) => n - i - 1); // below zero from n on
  order.forEach((i, r) => (rank[i] = r));
  const met = new Int32Array(parents.length); // the walk that met a span first
  order.forEach((from, w) => {
    let i = from;
    while (i >= 0 && met[i] === 0) {
      met[i] = w + 1;
      i = parents[i]!;
    }
    if (i < 0 || met[i] !== w + 1) return;
    let top = i;
    for (let m = parents[i]!; m !== i; m = parents[m]!) if (rank[m]! < rank[top]!) top = m;
    parents[top] = -1;
  });
}

/** The rows that are seen: those without a collapsed row above them. */
export function visibleRows(tree: Tree, collapsed: ReadonlySet<string>): number[] {
  const seen: number[] = [];
  for (let i = 0; i < tree.rows.length; i++) {
    seen.push(i);
    const row = tree.rows[i]!;
    if (row.size > 0 && collapsed.has(row.key)) i += row.size;
  }
  return seen;
}

/** The keys of the rows above index, nearest first. */
export function ancestors(tree: Tree, index: number): string[] {
  const keys: string[] = [];
  for (let i = tree.rows[index]?.parent ?? -1; i >= 0; i = tree.rows[i]!.parent) keys.push(tree.rows[i]!.key);
  return keys;
}

/** Rows whose name, service, model, type or id has the text, whatever its case. */
export function searchTree(tree: Tree, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const hits: number[] = [];
  tree.rows.forEach(({ span, name, id }, i) => {
    const fields = span ? [name, span.service, span.model, span.type, span.status_message, id] : [name, id];
    if (fields.some((f) => f.toLowerCase().includes(wanted))) hits.push(i);
  });
  return hits;
}
