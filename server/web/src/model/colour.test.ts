import { describe, expect, it } from "vitest";
import { hue, hues, palette } from "./colour.ts";

describe("colours of services", () => {
  const names = Array.from({ length: 400 }, (_, i) => `service-${i}`);

  it("use all hues about equally", () => {
    const counts = new Array<number>(hues).fill(0);
    for (const n of names) counts[hue(n)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(400 / hues / 2);
  });
  it("are those of the name alone for one service", () => {
    expect(palette(["gateway"])("gateway")).toBe(`var(--hue-${hue("gateway")})`);
  });
  it("differ within a trace as long as there are hues", () => {
    for (let i = 0; i + hues <= names.length; i += hues) {
      const some = names.slice(i, i + hues);
      expect(new Set(some.map(palette(some))).size).toBe(hues);
    }
  });
  it("do not depend on the order of the services", () => {
    const some = names.slice(0, 8);
    expect(some.map(palette(some))).toEqual(some.map(palette(some.toReversed())));
  });
  it("of more services than hues repeat", () =>
    expect(palette(names)("service-399")).toMatch(/^var\(--hue-\d+\)$/));
  it("of no service are faint", () => expect(palette([])("")).toBe("var(--faint)"));
});
