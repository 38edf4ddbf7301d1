// From time to place on the axis. Where nothing happens for far longer than all
// that does happen (a workflow that slept for days), the idle time is squeezed
// into a strip of fixed width, so that the rest stays readable.

import { duration } from "./format.ts";

export interface Piece {
  /** Nanoseconds since the trace's start. */
  start: number;
  end: number;
  /** Place on the axis, 0 … 1. */
  from: number;
  to: number;
  idle: boolean;
}

export interface Scale {
  pieces: Piece[];
  start: number;
  end: number;
  /** The place of a time, 0 … 1 within the axis, beyond outside of it. */
  at(time: number): number;
  /** The time of a place. */
  time(place: number): number;
}

/** Width of a squeezed gap, and of all of them, as a part of the axis. */
const widestGap = 0.07;
const widestGaps = 0.36;
const mostGaps = 6;
/** A gap is idle when it is at least so long … */
const leastGap = 30e9;
/** … and so many times as long as all busy time together. */
const idleFactor = 2;

/** Times in which at least one of the intervals is, merged, in order. */
export function busy(intervals: readonly { start: number; end: number }[]): { start: number; end: number }[] {
  const sorted = [...intervals].sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of sorted) {
    const last = merged[merged.length - 1];
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** The idle gaps among work, the longest few, in order. */
export function idleGaps(work: readonly { start: number; end: number }[]): { start: number; end: number }[] {
  const merged = busy(work);
  const total = merged.reduce((sum, b) => sum + b.end - b.start, 0);
  const gaps = merged.slice(1).map((b, i) => ({ start: merged[i]!.end, end: b.start }));
  return gaps
    .filter((g) => g.end - g.start >= leastGap && g.end - g.start >= idleFactor * total)
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .slice(0, mostGaps)
    .sort((a, b) => a.start - b.start);
}

/** A scale from start to end that squeezes gaps, which are in order and within. */
export function makeScale(
  start: number,
  end: number,
  gaps: readonly { start: number; end: number }[] = [],
): Scale {
  const length = Math.max(1, end - start);
  const inside = gaps.filter((g) => g.start >= start && g.end <= start + length);
  const idle = inside.reduce((sum, g) => sum + g.end - g.start, 0);
  const active = Math.max(1, length - idle);
  const gapWidth = Math.min(widestGap, widestGaps / Math.max(1, inside.length));
  const room = 1 - inside.length * gapWidth;
  const pieces: Piece[] = [];
  let time = start;
  let place = 0;
  const add = (until: number, isIdle: boolean) => {
    const width = isIdle ? gapWidth : ((until - time) / active) * room;
    pieces.push({ start: time, end: until, from: place, to: place + width, idle: isIdle });
    time = until;
    place += width;
  };
  for (const g of inside) {
    add(g.start, false);
    add(g.end, true);
  }
  add(start + length, false);

  const pieceFor = (matches: (p: Piece) => boolean) => pieces.find(matches) ?? pieces[pieces.length - 1]!;
  return {
    pieces,
    start,
    end: start + length,
    at(t) {
      const p = pieceFor((p) => t < p.end);
      return p.end > p.start ? p.from + ((t - p.start) / (p.end - p.start)) * (p.to - p.from) : p.from;
    },
    time(x) {
      const p = pieceFor((p) => x < p.to);
      return p.to > p.from ? p.start + ((x - p.from) / (p.to - p.from)) * (p.end - p.start) : p.start;
    },
  };
}

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((n) => [n, n * 1e3, n * 1e6]);
const sizes = [
  ...steps,
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1e9),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * 60e9),
  ...[1, 2, 3, 6, 12].map((h) => h * 3600e9),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((d) => d * 86400e9),
].sort((a, b) => a - b);

export interface Tick {
  place: number;
  label: string;
}

/** Round times along the axis, about wanted of them, none within idle time. */
export function ticks(scale: Scale, wanted: number): Tick[] {
  const active = scale.pieces.filter((p) => !p.idle);
  const length = active.reduce((sum, p) => sum + p.end - p.start, 0);
  const size = sizes.find((s) => length / s <= wanted) ?? sizes[sizes.length - 1]!;
  const marks: Tick[] = [];
  for (const piece of active) {
    // After a gap the clock starts anew: "+3 d" is on the strip itself.
    const zero = piece === active[0] ? 0 : piece.start;
    for (let t = zero + Math.ceil((piece.start - zero) / size) * size; t <= piece.end; t += size) {
      if (piece !== active[0] && t === zero) continue;
      const place = scale.at(t);
      if (place > 0.985) continue;
      marks.push({ place, label: (piece === active[0] ? "" : "+") + duration(t - zero) });
      if (marks.length > 200) return marks;
    }
  }
  return marks;
}
