import { describe, expect, test } from "vitest";
import type { Message, Part } from "../api/types.ts";
import { callNames, mediaText, preview, runs, textOf } from "./conversation.ts";

const message = (...parts: Part[]): Message => ({ role: "assistant", name: "", finish_reason: "", parts });

test("a result is named after the call that it answers", () => {
  const names = callNames(
    [
      message({ type: "tool_call", id: "c1", name: "weather" }),
      message({ type: "tool_call", id: "", name: "x" }),
    ],
    [message({ type: "tool_call", id: "c2", name: "search" })],
  );
  expect([...names]).toEqual([
    ["c1", "weather"],
    ["c2", "search"],
  ]);
});

describe("media", () => {
  const cases: [Partial<Part>, string][] = [
    [{ mime_type: "image/png", bytes: 500 }, "image/png, 500 bytes"],
    [{ mime_type: "image/png", bytes: 20_480 }, "image/png, 20 KiB"],
    [{ bytes: 3_145_728 }, "3.0 MiB"],
    [{ url: "https://example.com/a.png" }, "https://example.com/a.png"],
    [{}, ""],
  ];
  test.each(cases)("%j is %s", (part, want) => expect(mediaText({ type: "media", ...part })).toBe(want));
});

test("only text is copied", () => {
  expect(
    textOf(
      message({ type: "reasoning", text: "hm" }, { type: "text", text: "a" }, { type: "text", text: "b" }),
    ),
  ).toBe("a\n\nb");
});

test("messages that are not shown are runs between those that are", () => {
  expect(runs(6, [0, 4, 5])).toEqual([
    { from: 0, to: 1, shown: true },
    { from: 1, to: 4, shown: false },
    { from: 4, to: 6, shown: true },
  ]);
  expect(runs(0, [])).toEqual([]);
  expect(runs(2, [7])).toEqual([{ from: 0, to: 2, shown: false }]);
});

describe("a value on one line", () => {
  const cases: [unknown, string][] = [
    [{ city: "Lisbon", days: 2 }, 'city: "Lisbon", days: 2'],
    [["a", 1], '["a",1]'],
    ["two\n  lines", "two lines"],
    [null, ""],
    [false, "false"],
    ["x".repeat(200), `${"x".repeat(90)}…`],
  ];
  test.each(cases)("%j", (value, want) => expect(preview(value)).toBe(want));
});
