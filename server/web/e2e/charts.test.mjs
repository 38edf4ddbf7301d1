// What spans add up to, against the real server in a real browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { useBrowser } from "./browser.mjs";
import { visible } from "./page.mjs";
import { startServer } from "./server.mjs";
import { send, span, traceId } from "./spans.mjs";

const browser = useBrowser();
let server;
const hour = 3_600_000;
before(async () => {
  server = await startServer();
});
after(() => server?.stop());
const visit = (path, fn, options) => browser.visit(server.url + path, fn, options);

const row = (page, name) => page.locator(".groups tbody tr", { hasText: name });
const plot = (page, title) => page.getByRole("slider", { name: `${title} by time` });

test("a server without spans says so, and offers any time", () =>
  visit("/charts", async (page) => {
    await visible(page.getByRole("heading", { name: "No spans in this time" }));
    await page.getByRole("button", { name: "Look at any time" }).click();
    await page.waitForURL("**/charts?range=all");
  }));

describe("a server with spans", () => {
  before(async () => {
    const call = (model, at, lasts, more = {}) =>
      span({
        trace: traceId(),
        name: `chat ${model}`,
        service: more.service ?? "planner",
        at,
        lasts,
        kind: "client",
        error: more.error,
        attributes: {
          "gen_ai.operation.name": "chat",
          "gen_ai.system": "openai",
          "gen_ai.request.model": model,
          "gen_ai.usage.input_tokens": 1000,
          "gen_ai.usage.output_tokens": 100,
          "session.id": "chat-1",
          "user.id": more.user ?? "ada",
        },
      });
    const spans = [];
    for (let i = 0; i < 60; i++) {
      spans.push(call("gpt-4o", -((i * 7) % 23) * hour - 60_000, 400 + 10 * i));
      if (i % 3 === 0)
        spans.push(call("gpt-4o-mini", -((i * 5) % 23) * hour - 60_000, 100 + i, { user: "bob" }));
      if (i % 10 === 0)
        spans.push(
          call("house-model", -i * 20 * 60_000 - 60_000, 900, { error: "overloaded", service: "billing" }),
        );
    }
    spans.push(
      span({ trace: traceId(), name: "GET /", service: "gateway", at: -2 * hour, lasts: 20, kind: "server" }),
    );
    await send(server.url, spans);
  });

  test("shows sums by model, and what has no known cost", () =>
    visit("/charts", async (page) => {
      await visible(row(page, "gpt-4o-mini"));
      assert.match(await row(page, "house-model").innerText(), /6\s+6\s/);
      assert.match(await row(page, "house-model").innerText(), /–$/); // no price, so no cost
      await visible(page.getByText("6 calls without a price"));
      await visible(page.locator(".totals", { hasText: "87" }));
      assert.equal(await page.locator("figure.chart").count(), 6);
    }));

  test("is asked by another field, in another time, with a query, all of it in the URL", () =>
    visit("/charts", async (page) => {
      await page.getByLabel("Group by").selectOption("service");
      await page.waitForURL("**/charts?by=service");
      await visible(row(page, "billing"));
      await page.getByLabel("Time", { exact: true }).selectOption("7d");
      await page.waitForURL("**/charts?by=service&range=7d");
      await page.getByRole("combobox").first().fill("error:true");
      await page.waitForURL("**q=error%3Atrue**");
      await row(page, "planner").waitFor({ state: "detached" });
      await page.reload();
      await visible(row(page, "billing"));
      assert.equal(await page.locator(".groups tbody tr").count(), 1);
    }));

  test("leads from a group to its traces", () =>
    visit("/charts", async (page) => {
      await row(page, "house-model").getByRole("link").click();
      await page.waitForURL("**/?q=model%3A%22house-model%22&range=24h");
      await visible(page.getByRole("link", { name: "chat house-model" }).first());
      assert.equal(await page.locator("table.traces tbody tr").count(), 6);
    }));

  test("is read and opened with the keyboard", () =>
    visit("/charts?by=service", async (page) => {
      await plot(page, "Errors").focus();
      await page.keyboard.press("End");
      const said = await plot(page, "Errors").getAttribute("aria-valuetext");
      assert.match(said, /^\d{4}-\d\d-\d\d \d\d:00: (billing 1|nothing)$/);
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowRight");
      assert.equal(await plot(page, "Errors").getAttribute("aria-valuenow"), "1");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/?from=**&to=**");
    }));

  test("tells a mistake in the query where it is", () =>
    visit("/charts?q=sevrice%3Ax", async (page, problems) => {
      await visible(page.getByText('no field is called "sevrice"'));
      assert.ok(problems.splice(0).every((p) => /400/.test(p))); // the browser logs such an answer
    }));

  for (const colorScheme of ["light", "dark"]) {
    test(`shows nothing in the ${colorScheme} that hides`, () =>
      visit(
        "/charts",
        async (page) => {
          await visible(row(page, "gpt-4o-mini"));
          await plot(page, "Cost").hover();
          await visible(page.locator(".reading"));
          if (process.env.SHOTS)
            await page.screenshot({ path: `${process.env.SHOTS}/charts-${colorScheme}.png` });
        },
        { colorScheme },
      ));
  }
});
