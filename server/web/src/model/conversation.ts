// What the API read as a conversation, made ready to be shown.

import type { Message, Part } from "../api/types.ts";

/** The names of called tools by the id of the call: a result often has the id alone. */
export function callNames(...conversations: Message[][]): Map<string, string> {
  const names = new Map<string, string>();
  for (const m of conversations.flat()) {
    for (const p of m.parts) if (p.type === "tool_call" && p.id && p.name) names.set(p.id, p.name);
  }
  return names;
}

/** What a media part says of itself: "image/png, 12 KiB". */
export function mediaText(p: Part): string {
  return [p.mime_type, p.bytes ? size(p.bytes) : "", p.url].filter(Boolean).join(", ");
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1 << 20 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** The text of a message, for the clipboard. */
export function textOf(m: Message): string {
  return m.parts.flatMap((p) => (p.type === "text" && p.text ? [p.text] : [])).join("\n\n");
}

/** Places of messages from..to-1, and whether they are shown. */
export interface Run {
  from: number;
  to: number;
  shown: boolean;
}

/** The messages of a conversation of n as runs of shown ones and of others between them. */
export function runs(n: number, shown: Iterable<number>): Run[] {
  const places = new Set(shown);
  const out: Run[] = [];
  for (let i = 0; i < n; i++) {
    const last = out[out.length - 1];
    if (last && last.shown === places.has(i)) last.to = i + 1;
    else out.push({ from: i, to: i + 1, shown: places.has(i) });
  }
  return out;
}

const previewLength = 90;

/** A value on one line, cut: arguments of a call, what a tool returned. */
export function preview(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text =
    typeof value === "object" && !Array.isArray(value)
      ? Object.entries(value)
          .map(([key, v]) => `${key}: ${JSON.stringify(v)}`)
          .join(", ")
      : typeof value === "string"
        ? value
        : (JSON.stringify(value) ?? "");
  const line = text
    .slice(0, 4 * previewLength)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > previewLength ? `${line.slice(0, previewLength)}…` : line;
}
