// THE TABLE of the trace view's keys. The help overlay prints it.

import type { TraceMode } from "./state.ts";

export type Action =
  | "down"
  | "up"
  | "left"
  | "right"
  | "first"
  | "last"
  | "pageDown"
  | "pageUp"
  | "open"
  | "clear"
  | "search"
  | "nextHit"
  | "previousHit"
  | "collapseAll"
  | "expandAll"
  | "resetZoom"
  | "transcript"
  | "raw"
  | "help";

export interface Binding {
  keys: string[];
  action: Action;
  does: string;
}

export const bindings: Binding[] = [
  { keys: ["ArrowDown", "j"], action: "down", does: "Next span" },
  { keys: ["ArrowUp", "k"], action: "up", does: "Previous span" },
  { keys: ["ArrowRight", "l"], action: "right", does: "Expand, or go to the first child" },
  { keys: ["ArrowLeft", "h"], action: "left", does: "Collapse, or go to the parent" },
  { keys: ["Home"], action: "first", does: "First span" },
  { keys: ["End"], action: "last", does: "Last span" },
  { keys: ["PageDown"], action: "pageDown", does: "A page down" },
  { keys: ["PageUp"], action: "pageUp", does: "A page up" },
  { keys: ["Enter"], action: "open", does: "Open the details" },
  { keys: ["Escape"], action: "clear", does: "Close the details, then clear the selection" },
  { keys: ["/"], action: "search", does: "Search in this trace" },
  { keys: ["n"], action: "nextHit", does: "Next match" },
  { keys: ["N"], action: "previousHit", does: "Previous match" },
  { keys: ["["], action: "collapseAll", does: "Collapse all" },
  { keys: ["]"], action: "expandAll", does: "Expand all" },
  { keys: ["0"], action: "resetZoom", does: "Show all of the time" },
  { keys: ["t"], action: "transcript", does: "Transcript of the conversation, and back to the tree" },
  { keys: ["r"], action: "raw", does: "Raw JSON of the span, and back" },
  { keys: ["?"], action: "help", does: "This help" },
];

const byKey = new Map(bindings.flatMap((b) => b.keys.map((key) => [key, b.action] as const)));

/** Of a transcript's keys, arrows and pages scroll, and what is about rows means nothing. */
const inTranscript = new Set<Action>([
  "down",
  "up",
  "first",
  "last",
  "open",
  "clear",
  "transcript",
  "raw",
  "help",
]);

/** What a key does here; nothing while text is typed or another part of the page has its own use for it. */
export function actionOf(e: KeyboardEvent, mode: TraceMode): Action | undefined {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return undefined;
  const at = e.target instanceof Element ? e.target : undefined;
  if (
    at?.closest("input, textarea, select, [contenteditable], [role=separator], [role=tablist], dialog[open]")
  )
    return undefined;
  const action = byKey.get(e.key);
  if (action === "open" && at?.closest("button, a, summary")) return undefined;
  if (mode === "transcript" && (e.key.startsWith("Arrow") || (action && !inTranscript.has(action))))
    return undefined;
  // Inside the details, keys that scroll do scroll.
  if (at?.closest(".detail") && /^(Arrow|Home|End|Page)/.test(e.key)) return undefined;
  return action;
}
