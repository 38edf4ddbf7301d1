// What a person does with the UI, against the real server in a real browser:
// from an empty server to a trace.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { useBrowser } from "./browser.mjs";
import { details, names, row, visible } from "./page.mjs";
import { startServer } from "./server.mjs";
import { agentTrace, brokenTrace, send } from "./spans.mjs";

const { visit, open } = useBrowser();

describe("an empty server", () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  test("tells how to send the first span, and shows it when it comes", () =>
    visit(server.url, async (page) => {
      await visible(page.getByText(`OTEL_EXPORTER_OTLP_ENDPOINT=${server.url}`));
      await visible(page.getByText("clew demo"));
      await visible(page.locator(".live.open"));
      await send(server.url, agentTrace().spans);
      await visible(page.getByRole("link", { name: "POST /plan" }));
    }));
});

describe("a server with traces", () => {
  let server;
  before(async () => {
    server = await startServer();
    await send(server.url, [...agentTrace().spans, ...agentTrace().spans, ...brokenTrace().spans]);
  });
  after(() => server?.stop());

  test("a trace is opened from the list, by mouse", () =>
    visit(server.url, async (page) => {
      await visible(page.locator("tr", { hasText: "GET /broken" }).getByText("1 orphan"));
      await page.getByRole("link", { name: "POST /plan" }).first().click();
      await page.waitForURL(/\/traces\/[0-9a-f]{32}$/);
      await visible(row(page, "chat gpt-4o-mini"));
      assert.deepEqual(await names(page), ["POST /plan", "plan", "chat gpt-4o-mini", "weather"]);
      await visible(page.locator(".trace-header").getByText("1,530 → 212"));
      for (const [name, tokens] of [
        ["POST /plan", "1,530→212"],
        ["chat gpt-4o-mini", "1,530→212"],
      ])
        await visible(row(page, name).getByText(tokens));
      await row(page, "POST /plan").click();
      await visible(details(page).getByText("Cost below"));
      await visible(details(page).getByText("$0.00036"));
    }));

  test("a session shows its traces in order", () =>
    visit(`${server.url}/sessions`, async (page) => {
      await page.getByRole("link", { name: "chat-42" }).click();
      await visible(page.getByRole("heading", { name: "chat-42" }));
      assert.equal(await page.locator(".session-traces tbody tr").count(), 2);
      await page.getByRole("link", { name: "POST /plan" }).first().click();
      await visible(row(page, "chat gpt-4o-mini"));
    }));

  test("a session with a strange id is opened like any other", async () => {
    const session = "chat/1 ü?#%2F&.";
    const { spans } = agentTrace({ session });
    await send(server.url, spans);
    await visit(`${server.url}/sessions`, async (page) => {
      await page.getByRole("link", { name: session }).click();
      await visible(page.getByRole("heading", { name: session }));
      await page.reload();
      await visible(page.getByRole("link", { name: "POST /plan" }));
    });
  });

  test("dark follows the system, and a choice is remembered", () =>
    visit(
      server.url,
      async (page) => {
        const lightness = () =>
          page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]));
        await visible(page.getByRole("link", { name: "POST /plan" }).first());
        assert.ok((await lightness()) < 60);
        await page.getByRole("button", { name: "Colours: system" }).click();
        await visible(page.getByRole("button", { name: "Colours: light" }));
        await page.reload();
        await visible(page.getByRole("button", { name: "Colours: light" }));
        assert.ok((await lightness()) > 200);
      },
      { colorScheme: "dark" },
    ));
});

describe("a server with a key", () => {
  const key = "a key of 21 characters";
  let server;
  before(async () => {
    server = await startServer({ key });
    await send(server.url, agentTrace().spans, key);
  });
  after(() => server?.stop());

  test("asks for it, refuses a wrong one, and opens with the right one", async () => {
    const { page, problems, close } = await open(server.url);
    try {
      const field = page.getByLabel("Key");
      await field.fill("wrong");
      await page.getByRole("button", { name: "Log in" }).click();
      await visible(page.getByText("That is not this server's key."));
      await field.fill(key);
      await page.getByRole("button", { name: "Log in" }).click();
      await visible(page.getByRole("link", { name: "POST /plan" }));
      await visible(page.locator(".live.open"));
      assert.equal(problems.filter((p) => !p.includes("401")).length, 0, problems.join("\n"));
    } finally {
      await close();
    }
  });
});
