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
