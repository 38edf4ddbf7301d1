// What arrives while a person looks.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { useBrowser } from "./browser.mjs";
import { details, gone, row, visible } from "./page.mjs";
import { startApproval, startServer } from "./server.mjs";
import { agentTrace, send, span, spanId, traceId } from "./spans.mjs";

const { visit, open, browser } = useBrowser();
let server;
before(async () => {
  server = await startServer();
  await send(server.url, agentTrace().spans);
});
after(() => server?.stop());
const trace = (id, query = "") => `${server.url}/traces/${id}${query}`;

test("a live row arrives without a reload, and waits while the list is paused", () =>
  visit(server.url, async (page) => {
    await visible(page.locator(".live.open"));
    await page.evaluate(() => (window.notReloaded = true));
    const arrive = (name) => send(server.url, [span({ trace: traceId(), name, service: "gateway" })]);
    await arrive("live one");
    await visible(page.locator("tr.fresh", { hasText: "live one" }));
    await page.getByRole("button", { name: "Pause" }).click();
    await arrive("live two");
    await page.getByRole("button", { name: "Resume, 1 changed" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "live two" }).count(), 0);
    await page.getByRole("button", { name: /Resume/ }).click();
    await visible(page.getByRole("link", { name: "live two" }));
    assert.equal(await page.evaluate(() => window.notReloaded), true);
  }));

test("a live row arrives in a browser without shared workers", () =>
  visit(
    server.url,
    async (page) => {
      await visible(page.locator(".live.open"));
      await send(server.url, [span({ trace: traceId(), name: "live alone", service: "gateway" })]);
      await visible(page.getByRole("link", { name: "live alone" }));
    },
    { without: "SharedWorker" },
  ));

test("an open trace grows when a span arrives, and keeps its selection", () => {
  const id = traceId();
  const root = spanId();
  return send(server.url, [
    span({ trace: id, id: root, name: "slow import", service: "importer", at: -2000 }),
  ]).then(() =>
    visit(trace(id), async (page) => {
      await visible(page.locator(".live.open"));
      await row(page, "slow import").click();
      await send(server.url, [span({ trace: id, parent: root, name: "late child", service: "importer" })]);
      await visible(row(page, "late child"));
      await visible(page.locator('.row[aria-selected="true"]', { hasText: "slow import" }));
    }),
  );
});

test("a span of a Go program that stays open is running, suspended, and ended at last", async () => {
  const program = await startApproval(server.url);
  try {
    await visit(server.url + program.path, async (page) => {
      const open = row(page, "approve order");
      await visible(open.getByText(/^running, .* so far$/));
      program.say("wait");
      await visible(open.getByText(/^suspended for /));
      program.say("go on");
      await visible(open.getByText(/^running, .* so far$/));
      program.say("end");
      await gone(open.getByText(/so far$/));
      await open.click();
      await visible(details(page).getByText("approved"));
    });
  } finally {
    await program.kill();
  }
});

test("a span whose process is killed is lost, one whose process has shut down is suspended", async () => {
  const killed = await startApproval(server.url);
  const left = await startApproval(server.url);
  try {
    await visit(server.url + killed.path, async (page) => {
      const open = row(page, "approve order");
      await visible(open.getByText(/^running, .* so far$/));
      await killed.kill();
      await open.getByText("lost: its process is gone").waitFor({ timeout: 60_000 });
    });
    await visit(server.url + left.path, async (page) => {
      const open = row(page, "approve order");
      await visible(open.getByText(/^running, .* so far$/));
      left.say("leave");
      await visible(open.getByText(/^suspended for /));
    });
  } finally {
    await killed.kill();
    await left.kill();
  }
});

test("two tabs share one stream", async () => {
  const { page, clean, close } = await open(server.url);
  try {
    await visible(page.locator(".live.open"));
    const other = await page.context().newPage();
    await other.goto(server.url);
    await visible(other.locator(".live.open"));
    const devtools = await browser().newBrowserCDPSession();
    const { targetInfos } = await devtools.send("Target.getTargets");
    assert.equal(targetInfos.filter((t) => t.type === "shared_worker").length, 1);
    const streams = () =>
      performance.getEntriesByType("resource").filter((r) => r.name.endsWith("/live")).length;
    for (const p of [page, other]) assert.equal(await p.evaluate(streams), 0);
    await send(server.url, [span({ trace: traceId(), name: "for both", service: "gateway" })]);
    await Promise.all([page, other].map((p) => visible(p.getByRole("link", { name: "for both" }))));
    await page.close();
    await send(server.url, [span({ trace: traceId(), name: "for the one left", service: "gateway" })]);
    await visible(other.getByRole("link", { name: "for the one left" }));
    clean();
  } finally {
    await close();
  }
});

describe("a server that goes away", () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  test("is noticed, and what it got meanwhile is shown when it is back", async () => {
    await send(server.url, [span({ trace: traceId(), name: "before", service: "gateway" })]);
    const { page, problems, close } = await open(server.url);
    try {
      await visible(page.locator(".live.open"));
      await server.halt();
      await visible(page.locator(".live.lost"));
      await visible(page.getByRole("link", { name: "before" }));
      await server.resume();
      await send(server.url, [span({ trace: traceId(), name: "meanwhile", service: "gateway" })]);
      await visible(page.locator(".live.open"));
      await visible(page.getByRole("link", { name: "meanwhile" }));
      assert.equal(problems.filter((p) => !p.includes("ERR_")).length, 0, problems.join("\n"));
    } finally {
      await close();
    }
  });
});
