import { describe, expect, test } from "vitest";
import { beginning, blocksOf, longestMarkdown, safeHref } from "./markdown.ts";

const types = (text: string) => blocksOf(text)?.map((b) => b.type);

test("blocks are told apart", () => {
  const text = "# a\n\nb *c*\n\n```go\nd\n```\n\n- e\n\n> f\n\n|g|h|\n|-|-|\n|i|j|\n";
  expect(types(text)?.filter((t) => t !== "space")).toEqual([
    "heading",
    "paragraph",
    "code",
    "list",
    "blockquote",
    "table",
  ]);
});

test("HTML stays what it is: a token of text", () => {
  const [html] = blocksOf("<script>alert(1)</script>\n")!;
  expect(html).toMatchObject({ type: "html", raw: "<script>alert(1)</script>\n" });
});

describe("where a link may lead", () => {
  test.each([
    ["https://example.com/a?b", "https://example.com/a?b"],
    ["mailto:ada@example.com", "mailto:ada@example.com"],
    ["javascript:alert(1)", undefined],
    [" jAvAsCrIpT:alert(1)", undefined],
    ["data:text/html,x", undefined],
    ["/api/v1/traces", undefined],
    ["", undefined],
  ])("%s", (href, want) => expect(safeHref(href)).toBe(want));
});

test("what no lexer can take is no markdown, and takes no time", () => {
  const hostile = ["[", "*", "`", "> ", "- ", "<", "|", "![", "_*", "\\", "(", "&", "~", "1. "];
  for (const piece of hostile) {
    const blocks = blocksOf(piece.repeat(Math.floor(longestMarkdown / piece.length)));
    expect(blocks === undefined || blocks.length > 0).toBe(true);
  }
  expect(blocksOf("a".repeat(longestMarkdown + 1))).toBeUndefined();
}, 60_000);

test("a long text begins with whole blocks", () => {
  const blocks = blocksOf(Array.from({ length: 100 }, (_, i) => `paragraph ${i}`).join("\n\n"))!;
  const [shown, left] = beginning(blocks, 200);
  expect(shown.length).toBeLessThan(60);
  expect(left).toBeGreaterThan(900);
  expect(beginning(blocks.slice(0, 8), 200)).toEqual([blocks.slice(0, 8), 0]);
});
