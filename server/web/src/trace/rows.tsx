// Tree and timeline: one list of rows, of which only those near the window exist.

import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useEffect, useMemo, useRef } from "react";
import type { Break } from "../api/types.ts";
import type { Palette } from "../model/colour.ts";
import { idleGaps, makeScale, ticks } from "../model/scale.ts";
import type { Tree } from "../model/tree.ts";
import { Axis } from "./axis.tsx";
import { Row } from "./row.tsx";
import type { TraceState } from "./state.ts";

export const rowHeight = 28;
/** Height of the axis, which stays above the rows. */
const axisHeight = 30;
/** The deepest rows still leave room for their name. */
const widestIndent = 0.45;
const indentStep = 16;
/** Lines that are closer are no help. */
const leastGuide = 7;

/** When something was traced: spans without children, and where others begin and end. */
export function workOf(tree: Tree): { start: number; end: number }[] {
  return tree.rows.flatMap(({ span, children, start, end }) => {
    if (!span) return [];
    if (children === 0) return [{ start, end }];
    return [
      { start, end: start },
      { start: end, end },
    ];
  });
}

interface Props {
  tree: Tree;
  breaks: Break[];
  state: TraceState;
  paint: Palette;
  squeeze: boolean;
  treeWidth: number;
  boxRef: (element: HTMLElement | null) => void;
  splitter: ReactNode;
}

export function Rows({ tree, breaks, state, paint, squeeze, treeWidth, boxRef, splitter }: Props) {
  const { visible, selected, collapsed, zoom, select, toggle } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const gaps = useMemo(() => (squeeze ? idleGaps(workOf(tree)) : []), [tree, squeeze]);
  const scale = useMemo(
    () => makeScale(zoom?.start ?? 0, zoom?.end ?? tree.length, gaps),
    [tree, zoom, gaps],
  );
  const marks = useMemo(() => ticks(scale, 7), [scale]);
  const hits = useMemo(() => new Set(state.hits), [state.hits]);
  const broken = useMemo(() => {
    const ids = new Map<string, string>();
    for (const b of breaks) for (const id of b.spans) if (!ids.has(id)) ids.set(id, b.cause);
    return ids;
  }, [breaks]);

  const virtual = useVirtualizer({
    count: visible.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    // The rows begin below the axis, and the axis covers what scrolls under it.
    scrollMargin: axisHeight,
    scrollPaddingStart: axisHeight,
    getItemKey: (i) => tree.rows[visible[i]!]!.key,
  });

  // The selected row is in the window whenever the selection changes.
  const place = useMemo(() => {
    const at = tree.byKey.get(selected);
    return at === undefined ? -1 : visible.indexOf(at);
  }, [tree, visible, selected]);
  const scrolledTo = useRef("");
  useEffect(() => {
    if (place < 0 || scrolledTo.current === selected) return;
    scrolledTo.current = selected;
    virtual.scrollToIndex(place, { align: "auto" });
  }, [place, selected, virtual]);

  const step = Math.min(indentStep, (treeWidth * widestIndent) / Math.max(1, tree.deepest));
  const style = { "--tree": `${treeWidth}px`, "--step": `${step}px` } as CSSProperties;
  return (
    <div className={step < leastGuide ? "rows no-guides" : "rows"} ref={boxRef} style={style}>
      <div
        ref={scroller}
        className="rows-scroll"
        role="treegrid"
        tabIndex={0}
        aria-label="Spans"
        aria-rowcount={visible.length + 1}
        aria-activedescendant={place >= 0 ? `row-${selected}` : undefined}
      >
        <Axis scale={scale} marks={marks} onZoom={state.setZoom} zoomed={zoom !== undefined} />
        <div className="rows-body" style={{ height: virtual.getTotalSize() }} role="rowgroup">
          <div className="grid-lines" aria-hidden="true">
            {marks.map((m) => (
              <i key={m.place} style={{ left: `${m.place * 100}%` }} />
            ))}
            {scale.pieces.map(
              (p) =>
                p.idle && (
                  <b key={p.from} style={{ left: `${p.from * 100}%`, width: `${(p.to - p.from) * 100}%` }} />
                ),
            )}
          </div>
          {virtual.getVirtualItems().map((item) => {
            const index = visible[item.index]!;
            const row = tree.rows[index]!;
            return (
              <Row
                key={item.key}
                row={row}
                top={item.start - axisHeight}
                position={item.index + 2}
                selected={row.key === selected}
                collapsed={collapsed.has(row.key)}
                query={hits.has(index) ? state.query : ""}
                broken={broken.get(row.id)}
                scale={scale}
                colour={paint(row.span?.service ?? "")}
                onSelect={select}
                onToggle={toggle}
              />
            );
          })}
        </div>
      </div>
      <div className="tree-splitter">{splitter}</div>
    </div>
  );
}
