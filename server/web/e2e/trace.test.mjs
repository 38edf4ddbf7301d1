// One trace: its rows, its breaks and the details of a span.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { useBrowser } from "./browser.mjs";
import { details, gone, row, visible } from "./page.mjs";
import { startServer } from "./server.mjs";
import { agentTrace, brokenTrace, send, span, spanId, traceId } from "./spans.mjs";

const { visit, open } = useBrowser();
let server;
const whole = agentTrace();
const broken = brokenTrace();
before(async () => {
  server = await startServer();
  await send(server.url, [...whole.spans, ...agentTrace().spans, ...broken.spans]);
});
after(() => server?.stop());
const trace = (id, query = "") => `${server.url}/traces/${id}${query}`;

test("rows are collapsed and expanded", () =>
  visit(trace(whole.trace), async (page) => {
    const plan = row(page, "plan").nth(1);
    await plan.getByRole("button", { name: "Collapse" }).click();
    await gone(row(page, "weather"));
    assert.equal(await plan.getAttribute("aria-expanded"), "false");
    await plan.getByRole("button", { name: "Expand 2 below" }).click();
    await visible(row(page, "weather"));
    await page.keyboard.press("[");
    await gone(plan);
    await page.keyboard.press("]");
    await visible(row(page, "weather"));
  }));

test("input and output of the selected span are read", () =>
  visit(trace(whole.trace), async (page) => {
    await row(page, "POST /plan").click();
    await visible(details(page).getByRole("region", { name: "Input" }).getByText('"Two days in Lisbon?"'));
    await visible(details(page).getByRole("region", { name: "Output" }).getByText("a plan of two days"));
    await page.waitForURL(new RegExp(`span=${whole.ids.gateway}$`));
  }));

test("a model call reads as a conversation, and its text is only text", () =>
  visit(trace(whole.trace, `?span=${whole.ids.chat}`), async (page) => {
    const input = details(page).getByRole("region", { name: "Input" });
    await visible(input.locator(".turn.system").getByText("You plan trips."));
    await visible(input.locator(".turn.user").getByText("Two days in Lisbon?"));
    await visible(input.locator(".turn.assistant").getByText("weather"));
    await visible(input.locator(".turn.tool").getByText("0.8"));
    const output = details(page).getByRole("region", { name: "Output" });
    await visible(output.getByText("Tiles on <b>Saturday</b>, trams on Sunday."));
    await input.getByRole("button", { name: "JSON" }).click();
    await visible(input.locator(".json-key", { hasText: "tool_calls" }));
  }));

test("what a model call used and cost is worked out, and explained on request, by keyboard", () =>
  visit(trace(whole.trace, `?span=${whole.ids.chat}`), async (page) => {
    await visible(details(page).getByText("1,530 → 212"));
    await details(page).getByRole("tab", { name: "Input & output" }).focus();
    await page.keyboard.press("ArrowRight");
    const cost = details(page).getByRole("region", { name: "Cost" });
    await visible(cost.getByText("$0.0003567")); // 1530 × $0.15 + 212 × $0.60, a million
    await visible(cost.getByText("openai gpt-4o-mini"));
    await visible(cost.getByRole("row", { name: "output 212 0.6 0.0001272" }));
    await details(page).getByText("Where each field came from").focus();
    await page.keyboard.press("Enter");
    await visible(details(page).getByText("gen_ai.usage.input_tokens", { exact: true }));
  }));

test("rows are reached by keyboard alone", () =>
  visit(trace(whole.trace), async (page) => {
    await visible(row(page, "weather"));
    const selected = page.locator('.row[aria-selected="true"] .span-name');
    for (const [key, name] of [
      ["j", "POST /plan"],
      ["ArrowDown", "plan"],
      ["End", "weather"],
      ["ArrowLeft", "plan"],
      ["ArrowRight", "chat gpt-4o-mini"],
      ["k", "plan"],
      ["Home", "POST /plan"],
    ]) {
      await page.keyboard.press(key);
      await visible(selected.getByText(name, { exact: true }));
    }
    assert.equal(await details(page).count(), 0);
    await page.keyboard.press("Enter");
    await visible(details(page));
    await page.keyboard.press("Escape");
    await gone(details(page));
    await page.keyboard.press("Escape");
    await gone(selected);
    await page.keyboard.press("?");
    await visible(page.getByRole("dialog", { name: "Keys" }));
    await page.keyboard.press("Escape");
    await gone(page.getByRole("dialog", { name: "Keys" }));
    await page.keyboard.press("/");
    await page.keyboard.type("weather");
    await visible(page.locator(".row.hit mark", { hasText: "weather" }));
    await page.keyboard.press("Enter");
    await visible(selected.getByText("weather"));
  }));

test("an error shows its message above, and its stack trace among the events", () =>
  visit(trace(whole.trace, `?span=${whole.ids.tool}`), async (page) => {
    await visible(details(page).getByRole("alert").getByText("upstream timed out"));
    await details(page).getByRole("tab", { name: "Events" }).click();
    await visible(details(page).getByText("at forecast.go:88"));
    await page.waitForURL(/tab=events/);
  }));

test("a link leads to its span", () =>
  visit(trace(whole.trace, `?span=${whole.ids.tool}&tab=links`), async (page) => {
    await details(page).getByRole("link", { name: whole.ids.gateway }).click();
    await visible(details(page).getByRole("heading", { name: "POST /plan" }));
  }));

test("attributes are filtered", () =>
  visit(trace(whole.trace, `?span=${whole.ids.chat}&tab=attributes`), async (page) => {
    await visible(details(page).getByText("gen_ai.usage.input_tokens"));
    await details(page).getByLabel("Filter the attributes").fill("openai");
    await gone(details(page).getByText("gen_ai.usage.input_tokens"));
    await visible(details(page).getByText("gen_ai.provider.name"));
  }));

test("panes are resized, and stay so", () =>
  visit(trace(whole.trace), async (page) => {
    const width = async () => (await page.locator(".tree-head").boundingBox()).width;
    const before = await width();
    await page.getByRole("separator", { name: "Width of the tree" }).press("ArrowRight");
    await page.waitForFunction((w) => document.querySelector(".tree-head").offsetWidth > w, before);
    const after = await width();
    await page.reload();
    await visible(row(page, "weather"));
    assert.equal(await width(), after);
    const line = await page.getByRole("separator", { name: "Width of the tree" }).boundingBox();
    await page.mouse.move(line.x + 3, line.y + 200);
    await page.mouse.down();
    await page.mouse.move(line.x - 97, line.y + 200, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction((w) => document.querySelector(".tree-head").offsetWidth < w, after - 50);
  }));

test("a missing parent is shown as such, and explained", () =>
  visit(trace(broken.trace), async (page) => {
    const strip = page.getByRole("region", { name: "Breaks" });
    await visible(strip.getByText("This trace is broken in"));
    await visible(row(page, `missing parent ${broken.lost}`));
    assert.equal(await row(page, "work on job").getAttribute("aria-level"), "2");
    await strip.getByRole("button", { name: /Missing parent/ }).click();
    await visible(strip.getByText("What to change"));
    await visible(details(page).getByRole("heading", { name: "work on job" }));
    await row(page, "missing parent").click();
    await visible(details(page).getByRole("heading", { name: "Missing parent" }));
  }));

test("what a path names and was never received is shown where it belongs", async () => {
  const torn = traceId();
  const [root, plan, delegate, work] = [spanId(), spanId(), spanId(), spanId()];
  const attributes = {
    "lmnr.span.ids_path": [root, plan, delegate, work],
    "lmnr.span.path": ["GET /torn", "plan", "delegate", "work"],
  };
  await send(server.url, [
    span({ trace: torn, id: root, name: "GET /torn", service: "gateway", at: -9000, lasts: 500 }),
    span({
      trace: torn,
      id: work,
      parent: delegate,
      name: "work",
      service: "worker",
      at: -8800,
      attributes,
    }),
  ]);
  await visit(trace(torn), async (page) => {
    const missing = row(page, "never received");
    await visible(missing.filter({ hasText: "delegate" }));
    assert.equal(await missing.count(), 2);
    assert.equal(await missing.filter({ hasText: "plan" }).getAttribute("aria-level"), "2");
    assert.equal(await missing.filter({ hasText: "delegate" }).getAttribute("aria-level"), "3");
    assert.equal(await page.locator(`#row-${work}`).getAttribute("aria-level"), "4");
    await missing.filter({ hasText: "delegate" }).click();
    await visible(details(page).getByRole("heading", { name: "delegate" }));
    await visible(details(page).getByText("no span with it was received"));
  });
});

test("a trace is found by the dashed form of its id", () => {
  const id = whole.trace.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return visit(trace(id), (page) => visible(row(page, "weather")));
});

test("a trace of twenty thousand spans is drawn in part", async () => {
  const id = traceId();
  const root = spanId();
  const children = Array.from({ length: 19_999 }, (_, i) =>
    span({ trace: id, parent: root, name: `item ${i}`, service: "importer", at: -60_000 + i, lasts: 1 }),
  );
  await send(server.url, [
    span({ trace: id, id: root, name: "bulk", service: "importer", at: -60_000, lasts: 20_000 }),
  ]);
  for (let i = 0; i < children.length; i += 5_000) await send(server.url, children.slice(i, i + 5_000));
  await visit(trace(id), async (page) => {
    await visible(row(page, "bulk"));
    await page.keyboard.press("End");
    await visible(page.locator('.row[aria-selected="true"]', { hasText: "item 19998" }));
    assert.ok((await page.locator(".row").count()) < 100);
    const inside = async () => {
      const [at, of] = await Promise.all(
        ['.row[aria-selected="true"]', ".rows-scroll"].map((c) => page.locator(c).boundingBox()),
      );
      const axis = await page.locator(".axis-row").boundingBox();
      assert.ok(
        at.y >= axis.y + axis.height - 1 && at.y + at.height <= of.y + of.height + 1,
        JSON.stringify([at, of]),
      );
    };
    await inside();
    for (const [key, times, name] of [
      ["Home", 1, "bulk"],
      ["j", 60, "item 59"],
      ["k", 45, "item 14"],
      ["PageDown", 3, "item"],
      ["PageUp", 3, "item 14"],
    ]) {
      for (let i = 0; i < times; i++) await page.keyboard.press(key);
      await visible(page.locator('.row[aria-selected="true"]', { hasText: name }));
      await inside();
    }
  });
});

test("what is not there says so", async () => {
  const { page, problems, close } = await open(trace("00000000000000000000000000000001"));
  try {
    await visible(page.getByRole("alert").getByText("is not here"));
    assert.equal(problems.filter((p) => !p.includes("404")).length, 0, problems.join("\n"));
  } finally {
    await close();
  }
});
