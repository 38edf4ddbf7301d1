/** Puts an item in place of the last `replace` characters (code points) before the cursor, a UTF-16 offset. */
export function complete(
  text: string,
  cursor: number,
  replace: number,
  item: string,
): { text: string; cursor: number } {
  const before = [...text.slice(0, cursor)];
  const kept = before.slice(0, before.length - replace).join("");
  // Two spaces are one too many.
  const after = item.endsWith(" ") ? text.slice(cursor).replace(/^ /, "") : text.slice(cursor);
  return { text: kept + item + after, cursor: kept.length + item.length };
}
