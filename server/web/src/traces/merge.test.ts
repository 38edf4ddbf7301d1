import { describe, expect, it } from "vitest";
import type { Page, Trace } from "../api/types.ts";
import { merge } from "./merge.ts";

function trace(id: string, second: number, spans = 1): Trace {
  const time = `2026-11-21T03:50:${String(second).padStart(2, "0")}.000000000Z`;
  return {
    trace_id: id,
    name: id,
    start_time: time,
    end_time: time,
    duration_ns: 0,
    services: [],
    span_count: spans,
    error_count: 0,
    root_count: 1,
    orphan_count: 0,
    session_id: "",
    user_id: "",
    input_tokens: null,
    output_tokens: null,
    cost: null,
  };
}

const page = (next: string, ...items: Trace[]): Page<Trace> => ({ items, next_cursor: next });
const ids = (pages: Page<Trace>[]) => pages.map((p) => p.items.map((t) => t.trace_id).join(" "));

describe("changed traces", () => {
  const pages = [page("c1", trace("d", 40), trace("c", 30)), page("c2", trace("b", 20))];

  it("come first when they are new", () =>
    expect(ids(merge(pages, [trace("e", 50)]))).toEqual(["e d c", "b"]));
  it("stay in their place when they are known", () => {
    const merged = merge(pages, [trace("b", 20, 7)]);
    expect(ids(merged)).toEqual(["d c", "b"]);
    expect(merged[1]!.items[0]!.span_count).toBe(7);
  });
  it("that belong after the last row wait for their page", () => {
    expect(ids(merge(pages, [trace("a", 10)]))).toEqual(["d c", "b"]);
  });
  it("that belong at the end are put there when everything is loaded", () => {
    expect(ids(merge([page("", trace("d", 40))], [trace("a", 10)]))).toEqual(["d a"]);
  });
  it("fill an empty list", () => expect(ids(merge([page("")], [trace("a", 10)]))).toEqual(["a"]));
  it("count once when they come twice", () => {
    const merged = merge(pages, [trace("e", 50, 1), trace("e", 50, 2)]);
    expect(ids(merged)).toEqual(["e d c", "b"]);
    expect(merged[0]!.items[0]!.span_count).toBe(2);
  });
});
