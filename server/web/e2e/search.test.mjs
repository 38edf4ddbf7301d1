// What a person looks for, in lists, in SQL and in a pasted context.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { useBrowser } from "./browser.mjs";
import { details, gone, visible } from "./page.mjs";
import { startServer } from "./server.mjs";
import { agentTrace, brokenTrace, send } from "./spans.mjs";

const { visit } = useBrowser();
let server;
const whole = agentTrace();
const broken = brokenTrace();
before(async () => {
  server = await startServer();
  await send(server.url, [...whole.spans, ...agentTrace().spans, ...broken.spans]);
});
after(() => server?.stop());

test("the list is filtered, and the filters are in the URL", () =>
  visit(server.url, async (page) => {
    await page.getByRole("combobox", { name: "Service" }).fill("work");
    await page.getByRole("option", { name: "worker" }).click();
    await page.waitForURL(/\?service=worker$/);
    await gone(page.getByRole("link", { name: "POST /plan" }));
    await visible(page.getByRole("link", { name: "GET /broken" }));
    await page.getByLabel("Status").selectOption("error");
    await visible(page.getByText("No trace matches"));
    await page.reload();
    await visible(page.getByText("No trace matches"));
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await visible(page.getByRole("link", { name: "POST /plan" }).first());
  }));

test("spans that match are listed, and lead to their place in the trace", () =>
  visit(`${server.url}/?q=type:LLM`, async (page) => {
    await page.getByRole("link", { name: "The spans" }).click();
    await page.waitForURL(/\/spans\?q=type/);
    await gone(page.getByRole("link", { name: "POST /plan" }));
    await page.getByRole("combobox", { name: "Query" }).fill("sort:duration");
    await page.waitForURL(/q=sort/);
    await visible(page.locator("tbody tr", { hasText: "GET /broken" }));
    await page.getByRole("combobox", { name: "Query" }).fill("type:LLM");
    await gone(page.locator("tbody tr", { hasText: "GET /broken" }));
    await page.getByRole("link", { name: "chat gpt-4o-mini" }).first().click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}/);
    await visible(details(page).getByText("chat gpt-4o-mini").first());
  }));

test("a SELECT is run by the keyboard, is in the URL, and its ids lead on", () =>
  visit(`${server.url}/sql`, async (page, problems) => {
    const editor = page.getByRole("textbox", { name: "Query" });
    await editor.fill(
      "SELECT trace_id, name, NULL AS nothing_known FROM spans WHERE service = 'worker' -- <b>",
    );
    await page.keyboard.press("Control+Enter");
    await page.waitForURL(/\/sql\?q=SELECT/);
    await visible(page.getByRole("cell", { name: "work on job" }));
    await visible(page.getByRole("cell", { name: "NULL" }));
    await visible(page.getByText(/^1 row in /));
    await page.reload();
    await page.getByRole("link", { name: broken.trace }).click();
    await page.waitForURL(new RegExp(`/traces/${broken.trace}$`));
    await page.goBack();
    await page.getByRole("button", { name: "span_id", exact: true }).first().click();
    assert.match(await editor.inputValue(), /span_id/);
    await editor.fill("DROP TABLE spans");
    await page.getByRole("button", { name: "Run" }).click();
    await visible(page.getByRole("alert").getByText("only SELECT is offered"));
    problems.splice(0, problems.length, ...problems.filter((p) => !p.includes("400")));
    await page.getByLabel("Examples").selectOption("Cost by model");
    await visible(page.getByRole("cell", { name: "gpt-4o-mini" }));
  }));

test("text of input and output is found", () =>
  visit(server.url, async (page) => {
    await page.getByRole("combobox", { name: "Query" }).fill("trams on sunday");
    await page.waitForURL(/q=trams/);
    await gone(page.getByRole("link", { name: "GET /broken" }));
    await visible(page.getByRole("link", { name: "POST /plan" }).first());
  }));

test("a query is completed by the keyboard, and a mistake is told with its place", () =>
  visit(server.url, async (page, problems) => {
    const box = page.getByRole("combobox", { name: "Query" });
    await page.keyboard.press("/");
    await box.pressSequentially("{serv");
    await visible(page.getByRole("option", { name: /^service:/ }));
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await visible(page.getByRole("option", { name: "worker" }));
    await box.pressSequentially("wor");
    await visible(page.getByRole("option", { name: "worker" }));
    await page.keyboard.press("Tab");
    assert.equal(await box.inputValue(), "{service:worker ");
    await box.pressSequentially("}");
    await gone(page.getByRole("link", { name: "POST /plan" }));
    await visible(page.getByRole("link", { name: "GET /broken" }));
    await box.fill("service>x");
    await visible(page.getByRole("alert").getByText("at character 8: service is text"));
    // The browser logs a refused request; nothing else may have gone wrong.
    assert.ok(problems.splice(0).every((p) => p.includes("status of 400")));
  }));

test("a pasted context is decoded, and leads to its trace", () =>
  visit(`${server.url}/decode`, async (page) => {
    const broken = `traceparent: 00-${whole.trace}-${whole.ids.gateway.slice(0, 15)}X-01`;
    await page.getByLabel("What does it carry?").fill(broken);
    await page.getByRole("button", { name: "Decode" }).click();
    const found = page.getByRole("article", { name: "Context 1: tracecontext" });
    await visible(found.getByText("new trace", { exact: true }));
    assert.equal(await found.locator("mark").innerText(), "X");
    await page.getByLabel("What does it carry?").fill(broken.replace(/.X/, `${whole.ids.gateway.slice(14)}`));
    await page.keyboard.press("Control+Enter");
    await visible(found.getByText("continued"));
    await found.getByRole("link", { name: "POST /plan" }).click();
    await page.waitForURL(`${server.url}/traces/${whole.trace}?span=${whole.ids.gateway}`);
  }));

for (const list of ["/", "/spans", "/sessions"])
  test(`a mistake in the query takes no rows away from ${list}`, () =>
    visit(server.url + list, async (page, problems) => {
      const rows = page.locator("tbody tr");
      await visible(rows.first());
      await visible(page.getByText("all there are"));
      await page.getByRole("combobox", { name: "Query" }).fill("service>x");
      await visible(page.getByRole("alert").getByText("service is text"));
      assert.ok((await rows.count()) > 0);
      assert.equal(await page.getByText("all there are").count(), 0, "kept rows are told to be all");
      assert.ok(problems.splice(0).every((p) => p.includes("status of 400")));
    }));
