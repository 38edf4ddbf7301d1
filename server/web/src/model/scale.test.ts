import { describe, expect, it } from "vitest";
import { busy, idleGaps, makeScale, ticks } from "./scale.ts";

const s = 1e9;
const day = 86_400 * s;

describe("busy time", () => {
  it("merges what overlaps or touches", () => {
    const work = [
      { start: 5, end: 6 },
      { start: 0, end: 2 },
      { start: 1, end: 3 },
      { start: 3, end: 4 },
    ];
    expect(busy(work)).toEqual([
      { start: 0, end: 4 },
      { start: 5, end: 6 },
    ]);
  });
});

describe("idle gaps", () => {
  it("are those that are far longer than all work", () => {
    const work = [
      { start: 0, end: 3 * s },
      { start: 3 * day, end: 3 * day + 2 * s },
    ];
    expect(idleGaps(work)).toEqual([{ start: 3 * s, end: 3 * day }]);
  });
  it("are not the pauses of ordinary work", () => {
    const work = [
      { start: 0, end: 60 * s },
      { start: 100 * s, end: 160 * s },
    ];
    expect(idleGaps(work)).toEqual([]);
  });
  it("are none without work", () => expect(idleGaps([])).toEqual([]));
});

describe("the scale", () => {
  const plain = makeScale(0, 100);
  const squeezed = makeScale(0, 3 * day, [{ start: 10 * s, end: 3 * day - 10 * s }]);

  it("is linear without gaps", () =>
    expect([plain.at(0), plain.at(25), plain.at(100)]).toEqual([0, 0.25, 1]));
  it("goes on beyond its ends", () => expect([plain.at(-50), plain.at(150)]).toEqual([-0.5, 1.5]));
  it("gives both sides of a gap their part", () => {
    expect(squeezed.at(10 * s)).toBeCloseTo(0.465);
    expect(squeezed.at(3 * day - 10 * s)).toBeCloseTo(0.535);
    expect(squeezed.at(3 * day)).toBeCloseTo(1);
  });
  it("leads back from place to time", () => {
    for (const t of [0, 5 * s, 10 * s, day, 3 * day - 5 * s])
      expect(squeezed.time(squeezed.at(t)) / s).toBeCloseTo(t / s, 3);
  });
  it("leaves out gaps that a zoom has cut", () => {
    expect(makeScale(5 * s, day, [{ start: 10 * s, end: 2 * day }]).pieces).toHaveLength(1);
  });
  it("stands a trace without length", () => expect(makeScale(0, 0).at(0)).toBe(0));
});

describe("ticks", () => {
  it("are round and few", () => {
    expect(ticks(makeScale(0, 3.9 * s), 7).map((t) => t.label)).toEqual(["0", "1 s", "2 s", "3 s"]);
  });
  it("count anew after a gap and never stand in it", () => {
    const scale = makeScale(0, day, [{ start: 4 * s, end: day - 4 * s }]);
    const gap = scale.pieces.find((p) => p.idle)!;
    const marks = ticks(scale, 4);
    expect(marks.map((t) => t.label)).toEqual(["0", "2 s", "4 s", "+2 s"]);
    expect(marks.every((t) => t.place <= gap.from || t.place >= gap.to)).toBe(true);
  });
  it("are bounded for a window of nothing", () => expect(ticks(makeScale(7, 7), 7).length).toBeLessThan(10));
});
