import { describe, expect, it } from "vitest";
import type { Outline, Placeholder } from "../api/types.ts";
import { ancestors, buildTree, searchTree, visibleRows } from "./tree.ts";

const second = 1_000_000_000;

/** A span that starts at at seconds and lasts for one. */
function span(id: string, parent: string, at: number, more: Partial<Outline> = {}): Outline {
  const time = (s: number) => `2026-11-21T03:50:${String(s).padStart(2, "0")}.000000000Z`;
  return {
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    span_id: id,
    parent_span_id: parent,
    name: id,
    service: "api",
    type: "DEFAULT",
    kind: "internal",
    status: "unset",
    status_message: "",
    start_time: time(at),
    end_time: time(at + 1),
    duration_ns: second,
    open: false,
    open_state: "",
    twin: 0,
    remote_parent: null,
    session_id: "",
    user_id: "",
    tags: [],
    provider: "",
    model: "",
    input_tokens: null,
    output_tokens: null,
    cost: null,
    trace_state: "",
    scope: { name: "", version: "" },
    ...more,
  };
}

/** The tree as indented keys; a missing parent has a question mark. */
function drawn(spans: Outline[], placeholders: Placeholder[] = []): string[] {
  return buildTree(spans, placeholders).rows.map((r) => "  ".repeat(r.depth) + (r.span ? "" : "?") + r.key);
}

describe("what was never received", () => {
  const missing = (span_id: string, parent_span_id: string, name = ""): Placeholder => ({
    span_id,
    parent_span_id,
    name,
  });
  it("is where its placeholder says, among its siblings by start", () => {
    const spans = [
      span("a", "", 0),
      span("b", "a", 1),
      span("c", "y", 2),
      span("d", "a", 3),
      span("e", "y", 4),
    ];
    const rows = drawn(spans, [missing("x", "a", "plan"), missing("y", "x")]);
    expect(rows).toEqual(["a", "  b", "  ?x", "    ?y", "      c", "      e", "  d"]);
  });
  it("has the name of its placeholder, and lasts from its first span to its last", () => {
    const { rows } = buildTree(
      [span("c", "y", 2), span("e", "y", 4)],
      [missing("x", "", "plan"), missing("y", "x")],
    );
    expect(rows[0]).toMatchObject({ name: "plan", start: 0, end: 3 * second, size: 3, children: 1 });
  });
  it("never overrides a parent, and is left out when nothing hangs below it", () => {
    expect(drawn([span("a", "", 0), span("b", "a", 1)], [missing("b", "x"), missing("x", "a")])).toEqual([
      "a",
      "  b",
    ]);
  });
  it("is a top row where placeholders go round in a circle", () => {
    expect(drawn([span("a", "x", 0), span("b", "a", 1)], [missing("x", "b")])).toEqual([
      "?x",
      "  a",
      "    b",
    ]);
  });
});

describe("the tree", () => {
  const cases: [string, Outline[], string[]][] = [
    ["is empty without spans", [], []],
    [
      "puts children below their parent",
      [span("a", "", 0), span("b", "a", 1), span("c", "b", 2)],
      ["a", "  b", "    c"],
    ],
    [
      "orders siblings by start, whatever order they come in",
      [span("c", "a", 3), span("b", "a", 1), span("a", "", 0)],
      ["a", "  b", "  c"],
    ],
    [
      "orders siblings that start together by id",
      [span("a", "", 0), span("c", "a", 1), span("b", "a", 1)],
      ["a", "  b", "  c"],
    ],
    ["shows several roots", [span("b", "", 1), span("a", "", 0)], ["a", "b"]],
    [
      "gives a parent that was never received one row that holds its orphans",
      [span("a", "", 0), span("b", "x", 1), span("c", "x", 2), span("d", "c", 3)],
      ["a", "?x", "  b", "  c", "    d"],
    ],
    [
      "cuts a cycle at its earliest span",
      [span("b", "a", 1), span("a", "c", 0), span("c", "b", 2)],
      ["a", "  b", "    c"],
    ],
    [
      "keeps what hangs below a cycle",
      [span("a", "b", 0), span("b", "a", 1), span("c", "b", 2)],
      ["a", "  b", "    c"],
    ],
    ["takes a span that names itself as a root", [span("a", "a", 0)], ["a"]],
    [
      "puts a twin below the other one when it names its own id",
      [span("a", "", 0, { kind: "client" }), span("a", "a", 1, { twin: 1, service: "db", kind: "server" })],
      ["a", "  a~1"],
    ],
    [
      "puts the child of a shared id below the span of its own service",
      [
        span("r", "", 0),
        span("a", "r", 1, { kind: "client", duration_ns: 9 * second }),
        span("a", "r", 2, { twin: 1, service: "db", kind: "server", duration_ns: 7 * second }),
        span("b", "a", 3, { service: "db" }),
      ],
      ["r", "  a", "    a~1", "      b"],
    ],
  ];
  it.each(cases)("%s", (_, spans, want) => expect(drawn(spans)).toEqual(want));

  it("has every span exactly once, whatever the parents claim", () => {
    let seed = 7;
    const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 200; round++) {
      const spans = Array.from({ length: 1 + random(14) }, (_, i) =>
        span(`s${i}`, `s${random(18)}`, random(50)),
      );
      const keys = buildTree(spans)
        .rows.filter((r) => r.span)
        .map((r) => r.key);
      expect(keys.sort()).toEqual(spans.map((s) => s.span_id).sort());
    }
  });

  it("counts rows and errors below", () => {
    const tree = buildTree([
      span("a", "", 0),
      span("b", "a", 1, { status: "error" }),
      span("c", "b", 2, { status: "error" }),
    ]);
    expect(tree.rows.map((r) => [r.size, r.errorsBelow])).toEqual([
      [2, 2],
      [1, 1],
      [0, 0],
    ]);
  });

  it("places spans by nanoseconds from the first start", () => {
    const tree = buildTree([
      span("a", "", 0, { start_time: "2026-11-20T23:59:59.999999999Z" }),
      span("b", "a", 0, { start_time: "2026-11-21T00:00:00.000000001Z", duration_ns: 5 }),
    ]);
    expect(tree.rows[1]).toMatchObject({ start: 2, end: 7 });
  });

  it("lets an open span last until now", () => {
    const now = Date.parse("2026-11-21T03:50:30Z");
    const tree = buildTree([span("a", "", 0, { open: true, end_time: "", duration_ns: 0 })], [], now);
    expect(tree.length).toBe(30 * second);
  });

  it("survives a chain of twenty thousand", () => {
    const spans = Array.from({ length: 20_000 }, (_, i) => span(`s${i}`, i ? `s${i - 1}` : "", 0));
    expect(buildTree(spans).deepest).toBe(19_999);
  });
});

describe("collapsed rows", () => {
  const tree = buildTree([span("a", "", 0), span("b", "a", 1), span("c", "b", 2), span("d", "a", 3)]);
  const names = (collapsed: string[]) => visibleRows(tree, new Set(collapsed)).map((i) => tree.rows[i]!.key);

  it("hide what is below them", () => expect(names(["b"])).toEqual(["a", "b", "d"]));
  it("hide collapsed rows too", () => expect(names(["a", "b"])).toEqual(["a"]));
  it("are ignored when they have nothing below", () => expect(names(["d"])).toEqual(["a", "b", "c", "d"]));
  it("are found above a row", () => expect(ancestors(tree, 2)).toEqual(["b", "a"]));
});

describe("search", () => {
  const tree = buildTree([
    span("a", "", 0, { name: "POST /plan" }),
    span("b", "a", 1, { model: "gpt-4o" }),
    span("c", "x", 2),
  ]);
  it("finds names in any case", () => expect(searchTree(tree, "post")).toEqual([0]));
  it("finds models", () => expect(searchTree(tree, "4O")).toEqual([1]));
  it("finds the id of a missing parent", () => expect(searchTree(tree, "x")).toEqual([2]));
  it("finds nothing for blanks", () => expect(searchTree(tree, "  ")).toEqual([]));
});

it("adds tokens and costs up the tree; unknown is no zero", () => {
  const { rows } = buildTree([
    span("agent", "", 0),
    span("call", "agent", 1, { input_tokens: 10, output_tokens: 2, cost: 0.5 }),
    span("again", "agent", 2, { input_tokens: 5, output_tokens: 0, cost: null }),
    span("other", "", 3),
  ]);
  expect(rows.map((r) => [r.inputTokens, r.outputTokens, r.cost])).toEqual([
    [15, 2, 0.5],
    [10, 2, 0.5],
    [5, 0, null],
    [null, null, null],
  ]);
});
