// The transcript of a trace, against the real server in a real browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { useBrowser } from "./browser.mjs";
import { longTalk, trip } from "./conversation.mjs";
import { details, gone } from "./page.mjs";
import { startServer } from "./server.mjs";
import { agentTrace, send, span, traceId } from "./spans.mjs";

const browser = useBrowser();
let server;
const talk = trip();
const long = longTalk(2_000);
before(async () => {
  server = await startServer();
  await send(server.url, talk.spans);
  for (let i = 0; i < long.spans.length; i += 500) await send(server.url, long.spans.slice(i, i + 500));
});
after(() => server?.stop());
const visit = (trace, query, fn) => browser.visit(`${server.url}/traces/${trace}${query}`, fn);

const visible = (locator) => locator.first().waitFor({ state: "visible" });
const turns = (page) => page.getByRole("article");

describe("the transcript of an agent", () => {
  const transcript = (fn) => visit(talk.trace, "?view=transcript", fn);

  test("is one key away from the tree, and has its own URL", () =>
    visit(talk.trace, "", async (page) => {
      await visible(page.locator(".row", { hasText: "invoke_agent planner" }));
      await page.keyboard.press("t");
      await visible(turns(page));
      await page.waitForURL(/\?view=transcript$/);
      await page.reload();
      await visible(page.getByText("5 model calls · 4 tool runs"));
      await page.keyboard.press("t");
      await visible(page.locator(".row", { hasText: "invoke_agent planner" }));
      await page.getByRole("button", { name: "Transcript" }).click();
      await visible(turns(page));
    }));

  test("tells agents, calls and tools in order, what is nested indented", () =>
    transcript(async (page) => {
      await visible(turns(page).getByText("researcher"));
      const heads = await page
        .locator(".turn-place")
        .evaluateAll((all) =>
          all.map((e) => `${e.style.getPropertyValue("--depth")} ${e.querySelector("b").innerText}`),
        );
      assert.deepEqual(heads.slice(0, 5), [
        "0 planner",
        "1 gpt-4o-mini",
        "1 research",
        "2 researcher",
        "3 gpt-4o",
      ]);
      const planner = turns(page).first();
      for (const fact of ["5 calls", "4 tools", "$0.0012", "8 s"]) await visible(planner.getByText(fact));
      await visible(turns(page).nth(1).getByText("first token 340 ms"));
    }));

  test("shows a tool on one line with its result and time, and opened as JSON", () =>
    transcript(async (page) => {
      const weather = turns(page).nth(1).locator(".tool-use", { hasText: "weather" });
      await visible(weather.getByText('city: "Lisbon", days: 2'));
      await visible(weather.getByText('→ saturday: {"rain":0.8}, sunday: {"rain":0.1}'));
      await visible(weather.getByText("410 ms"));
      await weather.locator("summary").focus();
      await page.keyboard.press("Enter");
      await visible(weather.locator(".json-key", { hasText: "saturday" }));
      await weather.getByRole("button", { name: "Open the span of the tool" }).click();
      await visible(details(page).getByRole("heading", { name: "execute_tool weather" }));
      await visible(page.locator(".tool-use.failed").getByText("→ error: the desk is closed"));
    }));

  test("folds what was told before, and unfolds it", () =>
    transcript(async (page) => {
      const last = page.locator(`.turn-place`, { hasText: "dry shoes included" });
      await page.locator(".transcript-scroll").evaluate((e) => e.scrollTo(0, e.scrollHeight));
      await visible(last.getByText("6 earlier messages"));
      assert.equal(await last.getByText("You plan trips.").count(), 0);
      await last.getByRole("button", { name: "6 earlier messages" }).click();
      await visible(last.getByText("You plan trips."));
      await last.getByRole("button", { name: "6 earlier messages" }).click();
      await gone(last.getByText("You plan trips."));
    }));

  test("folds reasoning", () =>
    transcript(async (page) => {
      const thought = turns(page).nth(1).getByText("I need the weather first.");
      await thought.first().waitFor({ state: "attached" });
      assert.equal(await thought.isVisible(), false);
      await turns(page).nth(1).getByText("Reasoning").click();
      await visible(thought);
    }));

  test("draws markdown, runs nothing and loads nothing", () =>
    transcript(async (page) => {
      await page.locator(".transcript-scroll").evaluate((e) => e.scrollTo(0, e.scrollHeight));
      const answer = page.locator(".markdown", { hasText: "dry shoes included" });
      await visible(answer.locator("strong", { hasText: "two days in Lisbon" }));
      assert.deepEqual(await answer.locator("th").allInnerTexts(), ["Tram", "From", "Minutes"]);
      await visible(answer.locator("pre", { hasText: "# free under <4 years>" }));
      await visible(answer.getByText('<script>alert("not run")</script>'));
      const link = answer.getByRole("link", { name: "Alfama" });
      assert.equal(await link.getAttribute("href"), "https://example.com/alfama");
      assert.match(await link.getAttribute("rel"), /noopener noreferrer/);
      assert.equal(await page.locator("main img").count(), 0);
    }));

  test("shows a picture that was sent along when asked, and nothing before", () =>
    transcript(async (page) => {
      const media = turns(page).nth(1).locator(".media");
      await visible(media.getByText("image/png, 74 bytes"));
      assert.equal(await page.locator("main img").count(), 0);
      await media.getByRole("button", { name: "Show" }).click();
      await page.waitForFunction(() => document.querySelector(".media img")?.naturalWidth === 8);
      await media.getByRole("button", { name: "Hide" }).click();
      await gone(media.locator("img"));
    }));

  test("is walked through by keyboard; raw JSON is one key away", () =>
    transcript(async (page) => {
      await visible(turns(page));
      await page.keyboard.press("j");
      await page.waitForURL(new RegExp(`span=${talk.ids.planner}`));
      await page.keyboard.press("j");
      await visible(page.locator(".said.selected", { hasText: "Two days in Lisbon" }));
      await page.keyboard.press("r");
      await visible(details(page).getByRole("region", { name: "Raw" }));
      await page.keyboard.press("r");
      await visible(details(page).getByRole("region", { name: "Output" }));
      await page.keyboard.press("Escape");
      await gone(details(page));
      await page.keyboard.press("k");
      await page.waitForURL(new RegExp(`span=${talk.ids.planner}`));
      await page.keyboard.press("?");
      await visible(page.getByRole("dialog", { name: "Keys" }).getByText("Raw JSON of the span, and back"));
    }));

  test("leads to the span by a click, and is found from a span", () =>
    transcript(async (page) => {
      await turns(page).nth(1).getByText("Two days in Lisbon").click();
      await visible(details(page).getByRole("heading", { name: "chat gpt-4o-mini" }));
      await page.goto(`${server.url}/traces/${talk.trace}?span=${talk.ids.last}`);
      await visible(details(page).getByText("6 earlier messages"));
      await page.keyboard.press("t");
      await visible(page.locator(".said.selected", { hasText: "dry shoes included" }));
    }));
});

test("a trace of two thousand calls is asked for and drawn in part, to its end", () =>
  visit(long.trace, "?view=transcript", async (page) => {
    await visible(page.getByText("answer 0", { exact: true }));
    const asked = [];
    page.on("request", (r) => asked.push(r.url()));
    await page.locator(".transcript-scroll").press("End");
    await visible(page.getByText("answer 1999", { exact: true }));
    assert.ok((await turns(page).count()) < 60);
    const pages = asked.filter((url) => url.includes("/transcript")).length;
    assert.ok(pages < 20, `${pages} pages were asked for`);
    await page.locator(".transcript-scroll").press("Home");
    await visible(page.getByText("answer 0", { exact: true }));
  }));

test("a trace grows while its transcript is read", async () => {
  const { trace, spans } = trip();
  await send(server.url, spans.slice(0, 3));
  await visit(trace, "?view=transcript", async (page) => {
    await visible(page.getByText("1 model call"));
    await visible(page.locator(".live.open"));
    await send(server.url, spans.slice(3));
    await visible(page.getByText("5 model calls · 4 tool runs"));
  });
});

test("a trace without model calls says so", async () => {
  const trace = traceId();
  await send(server.url, [span({ trace, name: "GET /", service: "gateway" })]);
  await visit(trace, "?view=transcript", async (page) => {
    await visible(page.getByText("No model was called in this trace"));
    await page.getByRole("button", { name: "Back to the tree" }).click();
    await visible(page.locator(".row", { hasText: "GET /" }));
  });
});

test("what other conventions send reads the same", async () => {
  const { trace, spans } = agentTrace();
  await send(server.url, spans);
  await visit(trace, "?view=transcript", async (page) => {
    await visible(turns(page).getByText("You plan trips."));
    await visible(turns(page).getByText("Tiles on <b>Saturday</b>, trams on Sunday."));
    await visible(turns(page).locator(".tool-use.failed", { hasText: "upstream timed out" }));
  });
});
