// One chart: a measure by bucket of time and group. Bars where groups add up,
// lines where they don't. It is one stop of the keyboard: arrows go from bucket
// to bucket, Enter opens the traces of the one that is shown.

import { type KeyboardEvent, type MouseEvent, useState } from "react";
import { useLocation } from "wouter";
import type { Aggregate } from "../api/types.ts";
import { ceiling, type Measure, nameOf } from "../model/charts.ts";

interface Props {
  data: Aggregate;
  measure: Measure;
  /** The colour of each group. */
  colours: string[];
  /** What a bucket is called. */
  label: (i: number) => string;
  link: (i: number) => string;
}

export function Chart({ data, measure, colours, label, link }: Props) {
  const [, navigate] = useLocation();
  const [shown, setShown] = useState<number | null>(null);
  const n = data.buckets.length;
  const columns = data.groups.map((g) => measure.of(g.series));
  const heights = data.buckets.map((_, i) => {
    const values = columns.map((c) => c[i] ?? 0);
    return measure.stacked ? values.reduce((a, b) => a + b, 0) : Math.max(0, ...values);
  });
  const known = columns.some((c) => c.some((v) => v !== null && v > 0));
  const top = ceiling(Math.max(0, ...heights));
  const at = shown === null ? null : Math.min(shown, n - 1);

  const move = (e: KeyboardEvent) => {
    const from = at ?? n;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: n - 1 }[e.key];
    if (to !== undefined) {
      e.preventDefault();
      setShown(Math.max(0, Math.min(n - 1, to)));
    } else if (e.key === "Enter" && at !== null) navigate(link(at));
    else if (e.key === "Escape") setShown(null);
  };
  const bucketAt = (e: MouseEvent<HTMLElement>) => {
    const box = e.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(n - 1, Math.floor(((e.clientX - box.left) / box.width) * n)));
  };
  const parts =
    at === null
      ? []
      : data.groups
          .map((g, k) => ({ name: nameOf(g), value: columns[k]![at] ?? null, colour: colours[k] }))
          .filter((p) => p.value !== null && p.value !== 0);
  const said = parts.map((p) => `${p.name} ${measure.format(p.value)}`).join(", ") || "nothing";
  return (
    <figure className="chart">
      <figcaption>
        <b>{measure.title}</b>
        <span className="axis-end">{known ? measure.format(top) : ""}</span>
      </figcaption>
      <div
        className="plot"
        role="slider"
        tabIndex={0}
        aria-label={`${measure.title} by time`}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, n - 1)}
        aria-valuenow={at ?? n - 1}
        aria-valuetext={at === null ? "arrows choose a time" : `${label(at)}: ${said}`}
        onKeyDown={move}
        onBlur={() => setShown(null)}
        onMouseMove={(e) => setShown(bucketAt(e))}
        onMouseLeave={() => setShown(null)}
        onClick={(e) => navigate(link(bucketAt(e)))}
      >
        <svg viewBox={`0 0 ${Math.max(1, n)} 100`} preserveAspectRatio="none" aria-hidden="true">
          <path className="grid" d={`M0 0H${n}M0 50H${n}M0 100H${n}`} />
          {at !== null && <rect className="cursor" x={at} y={0} width={1} height={100} />}
          {measure.stacked
            ? stack(columns, n, top).map((d, k) => <path key={k} d={d} fill={colours[k]} />)
            : columns.map((c, k) => <path key={k} className="line" d={line(c, top)} stroke={colours[k]} />)}
        </svg>
        {!known && <span className="nothing">nothing known</span>}
        {at !== null && (
          <div className={at > n / 2 ? "reading left" : "reading"} aria-hidden="true">
            <b>{label(at)}</b>
            {parts.map((p) => (
              <span key={p.name}>
                <i style={{ background: p.colour }} />
                <span className="who">{p.name}</span>
                <span className="num">{measure.format(p.value)}</span>
              </span>
            ))}
            {parts.length === 0 && <span className="muted">nothing</span>}
          </div>
        )}
      </div>
    </figure>
  );
}

const up = (value: number, top: number) => (100 - (value / top) * 100).toFixed(2);

/** Bars of all groups, one on the other, a path a group. */
function stack(columns: (number | null)[][], n: number, top: number): string[] {
  const base = new Array<number>(n).fill(0);
  return columns.map((column) => {
    let d = "";
    for (let i = 0; i < n; i++) {
      const value = column[i] ?? 0;
      if (value <= 0) continue;
      d += `M${i + 0.1} ${up(base[i]!, top)}V${up(base[i]! + value, top)}h.8V${up(base[i]!, top)}z`;
      base[i]! += value;
    }
    return d;
  });
}

/** A line that breaks where nothing is known; a lone point is a short one. */
function line(column: (number | null)[], top: number): string {
  let d = "";
  column.forEach((value, i) => {
    if (value === null) return;
    const y = up(value, top);
    const before = column[i - 1] ?? null;
    const after = column[i + 1] ?? null;
    d += before === null ? `M${after === null ? i + 0.2 : i + 0.5} ${y}` : `L${i + 0.5} ${y}`;
    if (before === null && after === null) d += "h.6";
  });
  return d;
}
