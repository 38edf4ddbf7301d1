import { describe, expect, it } from "vitest";
import { ago, cost, duration, fraction, nanos, rough, short, uuid, wholeSeconds } from "./format.ts";

describe("durations", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [1, "1 ns"],
    [999, "999 ns"],
    [1_500, "1.5 µs"],
    [999_999, "1 ms"],
    [12_345_678, "12.3 ms"],
    [999_960_000, "1 s"],
    [1_000_000_000, "1 s"],
    [2_345_000_000, "2.35 s"],
    [59_990_000_000, "1 m"],
    [60_000_000_000, "1 m"],
    [500_000_000_000, "8 m 20 s"],
    [3_599_900_000_000, "1 h"],
    [277_200_000_000_000, "3 d 5 h"],
    [-1_500, "-1.5 µs"],
    [Number.NaN, "–"],
  ];
  it.each(cases)("%d ns is %s", (ns, want) => expect(duration(ns)).toBe(want));
  it("have a rough form of one unit", () => expect(rough(277_200_000_000_000)).toBe("3 d"));
});

describe("costs", () => {
  const cases: [number | null, string][] = [
    [null, "–"],
    [0, "$0"],
    [0.0000001, "<$0.000001"],
    [0.000123, "$0.00012"],
    [0.01, "$0.01"],
    [0.1234, "$0.123"],
    [1.5, "$1.5"],
    [1234.567, "$1,234.57"],
  ];
  it.each(cases)("%s is %s", (usd, want) => expect(cost(usd)).toBe(want));
});

describe("counts", () => {
  const cases: [number | null, string][] = [
    [null, "–"],
    [0, "0"],
    [9_999, "9,999"],
    [12_345, "12.3k"],
    [999_500, "1M"],
    [1_234_567, "1.23M"],
  ];
  it.each(cases)("%s is %s", (n, want) => expect(short(n)).toBe(want));
});

describe("times", () => {
  it("keep every nanosecond", () => {
    expect(nanos("2026-11-21T03:50:00.123456789Z") - nanos("2026-11-21T03:50:00Z")).toBe(123_456_789n);
  });
  it("have a fraction of any length", () => {
    expect([fraction("2026-11-21T03:50:00.5Z"), fraction("2026-11-21T03:50:00Z")]).toEqual([500_000_000, 0]);
  });
  it("that are none have no seconds", () => expect(wholeSeconds("yesterday")).toBeNaN());
  it("that are absent are zero", () => expect(nanos("")).toBe(0n));

  const now = Date.parse("2026-11-21T03:50:00Z");
  const cases: [string, string][] = [
    ["2026-11-21T03:49:58Z", "now"],
    ["2026-11-21T03:49:20Z", "40 s ago"],
    ["2026-11-21T03:40:00Z", "10 min ago"],
    ["2026-11-21T01:00:00Z", "2 h ago"],
    ["2026-11-18T01:00:00Z", "3 d ago"],
    ["2026-01-02T00:00:00Z", "2026-01-02"],
    ["2026-11-21T04:00:00Z", "in the future"],
    ["", "–"],
  ];
  it.each(cases)("%s was %s", (time, want) => expect(ago(time, now)).toBe(want));
});

describe("ids", () => {
  it("of traces have a dashed form", () => {
    expect(uuid("0af7651916cd43dd8448eb211c80319c")).toBe("0af76519-16cd-43dd-8448-eb211c80319c");
  });
  it("of spans are padded with zeros", () => {
    expect(uuid("b7ad6b7169203331")).toBe("00000000-0000-0000-b7ad-6b7169203331");
  });
});
