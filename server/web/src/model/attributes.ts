// Attributes as the API sends them, made plain.

import type { Attribute, Value } from "../api/types.ts";

/** The value as JSON would have it. Integers stay strings: they may not fit a number. */
export function plainValue({ type, value }: Value): unknown {
  if (type === "array" && Array.isArray(value)) return value.map((v) => plainValue(v as Value));
  if (type === "map" && Array.isArray(value)) return plainMap(value as Attribute[]);
  if (type === "int" && typeof value === "string" && Number.isSafeInteger(Number(value)))
    return Number(value);
  return value;
}

export function plainMap(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map((a) => [a.key, plainValue(a)]));
}

/** The value as one text, for a cell and for the clipboard. */
export function valueText(value: Value): string {
  const plain = plainValue(value);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

export function find(attributes: Attribute[], key: string): string {
  const hit = attributes.find((a) => a.key === key);
  return hit ? valueText(hit) : "";
}
