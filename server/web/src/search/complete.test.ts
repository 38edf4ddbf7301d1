import { expect, test } from "vitest";
import { complete } from "./complete.ts";

test.each([
  ["ser", 3, 3, "service:", "service:|"],
  ["a service:w b", 11, 1, "worker ", "a service:worker |b"],
  ["", 0, 0, "name:", "name:|"],
  ["user:😀x", 8, 2, '"😀 y" ', 'user:"😀 y" |'],
])("%s, completed at %i", (text, cursor, replace, item, want) => {
  const got = complete(text, cursor, replace, item);
  expect(`${got.text.slice(0, got.cursor)}|${got.text.slice(got.cursor)}`).toBe(want);
});
