import { describe, expect, test } from "vitest";
import type { Group } from "../api/types.ts";
import { ceiling, fromSearch, nameOf, sum, toChartsSearch, toParams, tracesLink } from "./charts.ts";

const group = (value: string, others = 0) => ({ value, others }) as Group;

describe("the state of the charts", () => {
  test("is in the URL, but for what is usual", () => {
    expect(fromSearch("")).toEqual({ q: "", by: "model", range: "24h", from: "", to: "" });
    expect(toChartsSearch(fromSearch(""))).toBe("");
    for (const search of [
      "by=user",
      "range=all",
      "q=error%3Atrue&by=service&range=7d",
      "from=2026-11-21T00%3A00%3A00Z",
    ]) {
      expect(toChartsSearch(fromSearch(search))).toBe(search);
    }
  });
  test("is the usual one where the URL says nonsense", () => {
    expect(fromSearch("by=colour&range=9y")).toEqual(fromSearch(""));
  });
});

describe("what is asked", () => {
  const now = Date.parse("2026-11-29T12:34:56Z");
  test("begins with a whole bucket and has no end", () => {
    expect(toParams(fromSearch("range=7d"), now)).toMatchObject({
      width: "3h",
      from: "2026-11-22T12:00:00.000Z",
    });
    expect(toParams(fromSearch(""), now)).toMatchObject({ width: "1h", from: "2026-11-28T12:00:00.000Z" });
  });
  test("leaves the width to the server where the time is open", () => {
    expect(toParams(fromSearch("range=all"), now)).toMatchObject({ buckets: 60, from: "", to: "" });
    expect(toParams(fromSearch("from=2026-11-21T00:00:00Z"), now)).toMatchObject({
      buckets: 60,
      from: "2026-11-21T00:00:00Z",
    });
  });
});

describe("a point leads to its traces", () => {
  const at = { from: "2026-11-29T12:00:00Z", to: "2026-11-29T13:00:00Z" };
  test("by a field of the list, or in the query", () => {
    expect(tracesLink(fromSearch("by=service"), group("api"))).toBe("/?service=api&range=24h");
    expect(decodeURIComponent(tracesLink(fromSearch("q=a OR b"), group('g"1')).replaceAll("+", " "))).toBe(
      '/?q=(a OR b) model:"g\\"1"&range=24h',
    );
    expect(decodeURIComponent(tracesLink(fromSearch("by=user&range=all"), group("")))).toBe('/?q=user:""');
  });
  test("with its time", () => {
    expect(decodeURIComponent(tracesLink(fromSearch("by=user"), group("", 3), at))).toBe(
      `/?from=${at.from}&to=${at.to}`,
    );
  });
});

test("an axis ends at a round number", () => {
  expect([0, 0.3, 1, 7, 11, 240, 1e6].map(ceiling)).toEqual([1, 0.5, 1, 10, 20, 250, 1e6]);
});

test("what is unknown is not 0", () => {
  expect([sum(null, null), sum(1, null), sum(null, 2), sum(1, 2)]).toEqual([null, 1, 2, 3]);
  expect([nameOf(group("")), nameOf(group("a")), nameOf(group("", 12))]).toEqual([
    "(none)",
    "a",
    "12 others",
  ]);
});
