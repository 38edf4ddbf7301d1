import type { CSSProperties } from "react";

/**
 * Where the text of a bar goes that reaches from left to right, both in 0 to 1:
 * after the bar where there is room, else before it, else inside.
 */
export function barLabel(left: number, right: number): { className: string; style: CSSProperties } {
  if (right < 0.84) return { className: "bar-label after", style: { left: `calc(${right * 100}% + 6px)` } };
  if (left > 0.16)
    return { className: "bar-label before", style: { right: `calc(${(1 - left) * 100}% + 6px)` } };
  return { className: "bar-label inside", style: { right: `calc(${(1 - right) * 100}% + 6px)` } };
}
