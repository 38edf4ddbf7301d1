import { describe, expect, it } from "vitest";
import { path, withParams } from "../api/client.ts";
import { fromSearch, isFiltered, toParams, toSearch } from "./filters.ts";

describe("filters", () => {
  it("survive the URL", () => {
    const search = toSearch({ service: "a b", q: "50% & more", range: "1h" });
    expect(fromSearch(search)).toMatchObject({ service: "a b", q: "50% & more", range: "1h", user: "" });
  });
  it("leave the URL empty when there are none", () => {
    expect(toSearch(fromSearch(""))).toBe("");
    expect(isFiltered(fromSearch("unknown=1"))).toBe(false);
  });
  it("turn a quick range into a time", () => {
    const now = Date.parse("2026-11-21T04:00:00Z");
    expect(toParams(fromSearch("range=1h&to=x"), now)).toMatchObject({
      from: "2026-11-21T03:00:00.000Z",
      to: "",
    });
  });
  it("ignore a range that does not exist", () => {
    expect(toParams(fromSearch("range=2y"))).toMatchObject({ from: "", to: "" });
  });
});

describe("API paths", () => {
  it("escape what is in them", () => expect(path`/sessions/${"a/b c"}`).toBe("/sessions/a%2Fb%20c"));
  it("have no empty parameters", () =>
    expect(withParams("/x", { a: "", b: undefined, c: 0 })).toBe("/x?c=0"));
});
