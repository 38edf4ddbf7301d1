// A line between two panes that can be dragged, or moved with the arrow keys.

import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { recall, remember } from "./theme.ts";

/** A size in pixels that this browser remembers. */
export function useSize(key: string, initial: number): [number, (size: number) => void] {
  const [size, setSize] = useState(() => Number(recall(`clew.${key}`)) || initial);
  const keep = (next: number) => {
    remember(`clew.${key}`, String(Math.round(next)));
    setSize(next);
  };
  return [size, keep];
}

interface Props {
  label: string;
  /** "vertical" is a line between left and right. */
  orientation: "vertical" | "horizontal";
  size: number;
  min: number;
  max: number;
  /** The sized pane is after the line, so that dragging towards it shrinks it. */
  after?: boolean;
  onChange: (size: number) => void;
}

export function Splitter({ label, orientation, size, min, max, after = false, onChange }: Props) {
  const [drag, setDrag] = useState<{ from: number; size: number }>();
  const clamp = (n: number) => Math.max(min, Math.min(Math.max(min, max), n));
  const place = (e: PointerEvent) => (orientation === "vertical" ? e.clientX : e.clientY);
  const sign = after ? -1 : 1;
  const onKeyDown = (e: KeyboardEvent) => {
    const [less, more] = orientation === "vertical" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (e.key !== less && e.key !== more) return;
    e.preventDefault();
    e.stopPropagation();
    onChange(clamp(size + (e.key === more ? 24 : -24) * sign));
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={Math.round(size)}
      aria-valuemin={min}
      aria-valuemax={Math.round(max)}
      className={`splitter ${orientation}${drag ? " dragging" : ""}`}
      onKeyDown={onKeyDown}
      onPointerDown={(e) => {
        e.preventDefault();
        e.currentTarget.setPointerCapture(e.pointerId);
        setDrag({ from: place(e), size });
      }}
      onPointerMove={(e) => {
        if (drag) onChange(clamp(drag.size + (place(e) - drag.from) * sign));
      }}
      onPointerUp={() => setDrag(undefined)}
      onPointerCancel={() => setDrag(undefined)}
    />
  );
}
