import { describe, expect, test } from "vitest";
import { excerpt } from "./excerpt.ts";

describe("the line around a place", () => {
  test.each([
    ["the first character", "abc", 1, 1, { before: "", at: "a", after: "bc" }],
    ["in a later line", "x\r\nabc\r\ny", 2, 2, { before: "a", at: "b", after: "c" }],
    ["the end of a line", "abc\nd", 1, 4, { before: "abc", at: "", after: "" }],
    ["wide characters count once", "é🧶x", 1, 3, { before: "é🧶", at: "x", after: "" }],
    ["a line that is not there", "abc", 7, 1, { before: "", at: "", after: "" }],
  ])("%s", (_, text, line, column, want) => {
    expect(excerpt(text, line, column)).toEqual(want);
  });

  test("of a long line the part around the place is shown", () => {
    const got = excerpt(`${"a".repeat(500)}X${"b".repeat(500)}`, 1, 501);
    expect(got).toEqual({ before: `…${"a".repeat(59)}`, at: "X", after: `${"b".repeat(59)}…` });
  });
});
