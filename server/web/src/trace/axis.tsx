// The time axis above the rows. Dragging along it zooms, a double click shows
// everything again.

import { type PointerEvent, useRef, useState } from "react";
import { duration, rough } from "../model/format.ts";
import type { Scale, Tick } from "../model/scale.ts";
import type { Window } from "./state.ts";

/** A shorter drag is a click that slipped, as a part of the axis. */
const leastDrag = 0.01;

interface Props {
  scale: Scale;
  marks: Tick[];
  zoomed: boolean;
  onZoom: (zoom: Window | undefined) => void;
}

export function Axis({ scale, marks, zoomed, onZoom }: Props) {
  const axis = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const placeOf = (e: PointerEvent) => {
    const box = axis.current!.getBoundingClientRect();
    return Math.max(0, Math.min(1, (e.clientX - box.left) / box.width));
  };
  const finish = () => {
    setDrag(undefined);
    if (!drag || Math.abs(drag.to - drag.from) < leastDrag) return;
    const [a, b] = [scale.time(drag.from), scale.time(drag.to)];
    onZoom({ start: Math.min(a, b), end: Math.max(a, b) });
  };
  return (
    <div className="axis-row" role="row" aria-rowindex={1}>
      <div className="tree-head" role="columnheader">
        Span
      </div>
      <div
        ref={axis}
        className="axis"
        role="columnheader"
        aria-label="Time"
        title={
          zoomed ? "Drag to zoom in further, double click to show everything" : "Drag to zoom into a time"
        }
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId);
          const from = placeOf(e);
          setDrag({ from, to: from });
        }}
        onPointerMove={(e) => {
          if (drag) setDrag({ from: drag.from, to: placeOf(e) });
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
        onDoubleClick={() => onZoom(undefined)}
      >
        {marks.map((m) => (
          <span key={m.place} className="tick" style={{ left: `${m.place * 100}%` }}>
            {m.label}
          </span>
        ))}
        {scale.pieces.map(
          (p) =>
            p.idle && (
              <span
                key={p.from}
                className="idle"
                title={`${duration(p.end - p.start)} in which nothing was traced`}
                style={{ left: `${p.from * 100}%`, width: `${(p.to - p.from) * 100}%` }}
              >
                {rough(p.end - p.start)}
              </span>
            ),
        )}
        {drag && (
          <i
            className="drag"
            style={{
              left: `${Math.min(drag.from, drag.to) * 100}%`,
              width: `${Math.abs(drag.to - drag.from) * 100}%`,
            }}
          />
        )}
      </div>
    </div>
  );
}
