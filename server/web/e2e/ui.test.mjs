// What a person does with the UI, against the real server in a real browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openPage } from "./browser.mjs";
import { startApproval, startServer } from "./server.mjs";
import { agentTrace, send, span, spanId, traceId } from "./spans.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Runs fn with a page at path, and fails when the page had a problem of its own. */
async function visit(url, fn, options) {
  const { page, problems, clean, close } = await openPage(browser, url, options);
  try {
    await fn(page, problems);
    clean();
  } finally {
    await close();
  }
}

const names = (page) => page.locator(".row .span-name").allInnerTexts();
const visible = (locator) => locator.waitFor({ state: "visible" });
/** Waits until nothing matches, however much did. */
const gone = (locator) => locator.first().waitFor({ state: "detached" });
const details = (page) => page.getByRole("complementary", { name: "Details of the selected span" });
const row = (page, name) => page.locator(".row", { hasText: name });

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
  const whole = agentTrace();
  const second = agentTrace();
  const broken = traceId();
  const orphan = spanId();
  const lost = spanId();
  before(async () => {
    server = await startServer();
    const root = spanId();
    await send(server.url, [...whole.spans, ...second.spans]);
    await send(server.url, [
      span({ trace: broken, id: root, name: "GET /broken", service: "gateway", at: -9000, lasts: 500 }),
      span({
        trace: broken,
        id: orphan,
        parent: lost,
        name: "work on job",
        service: "worker",
        at: -8800,
        lasts: 200,
      }),
    ]);
  });
  after(() => server?.stop());
  const trace = (id, query = "") => `${server.url}/traces/${id}${query}`;

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
      await page.getByRole("link", { name: broken }).click();
      await page.waitForURL(new RegExp(`/traces/${broken}$`));
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
      await page
        .getByLabel("What does it carry?")
        .fill(broken.replace(/.X/, `${whole.ids.gateway.slice(14)}`));
      await page.keyboard.press("Control+Enter");
      await visible(found.getByText("continued"));
      await found.getByRole("link", { name: "POST /plan" }).click();
      await page.waitForURL(`${server.url}/traces/${whole.trace}?span=${whole.ids.gateway}`);
    }));

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
    visit(trace(broken), async (page) => {
      const strip = page.getByRole("region", { name: "Breaks" });
      await visible(strip.getByText("This trace is broken in"));
      await visible(row(page, `missing parent ${lost}`));
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

  test("a trace is found by the dashed form of its id", () => {
    const id = whole.trace.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    return visit(trace(id), (page) => visible(row(page, "weather")));
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
    const { page, clean, close } = await openPage(browser, server.url);
    try {
      await visible(page.locator(".live.open"));
      const other = await page.context().newPage();
      await other.goto(server.url);
      await visible(other.locator(".live.open"));
      const devtools = await browser.newBrowserCDPSession();
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
    const { page, problems, close } = await openPage(browser, trace("00000000000000000000000000000001"));
    try {
      await visible(page.getByRole("alert").getByText("is not here"));
      assert.equal(problems.filter((p) => !p.includes("404")).length, 0, problems.join("\n"));
    } finally {
      await close();
    }
  });
});

describe("a server that goes away", () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  test("is noticed, and what it got meanwhile is shown when it is back", async () => {
    await send(server.url, [span({ trace: traceId(), name: "before", service: "gateway" })]);
    const { page, problems, close } = await openPage(browser, server.url);
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

describe("a server with a key", () => {
  const key = "a key of 21 characters";
  let server;
  before(async () => {
    server = await startServer({ key });
    await send(server.url, agentTrace().spans, key);
  });
  after(() => server?.stop());

  test("asks for it, refuses a wrong one, and opens with the right one", async () => {
    const { page, problems, close } = await openPage(browser, server.url);
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
