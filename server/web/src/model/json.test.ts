import { expect, test } from "vitest";
import { parseJson } from "./json.ts";

test("objects and arrays are JSON, other text is text", () => {
  expect(parseJson(' {"a":1}')).toEqual({ a: 1 });
  expect(parseJson("[1]")).toEqual([1]);
  for (const text of ["", "1", '"a"', "null", '{"a":', "[TRUNCATED]"])
    expect(parseJson(text)).toBeUndefined();
});
