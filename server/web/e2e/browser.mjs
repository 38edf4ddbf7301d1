// A real Chromium, and pages that remember everything that went wrong in them.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: flags });
}

/** A page of a fresh profile, without one of the browser's interfaces if so asked. clean fails when it logged an error, threw, or broke the policy. */
async function openPage(browser, url, { without, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const problems = [];
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (e) =>
      console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`),
    );
  });
  if (without) await context.addInitScript((name) => delete window[name], without);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") problems.push(m.text());
  });
  page.on("pageerror", (e) => problems.push(e.message));
  page.on("request", (r) => {
    const to = new URL(r.url());
    if (to.origin !== new URL(url).origin && to.protocol !== "data:")
      problems.push(`asks another origin: ${r.url()}`);
  });
  await page.goto(url);
  return {
    page,
    problems,
    clean: () => assert.deepEqual(problems, []),
    close: () => context.close(),
  };
}

/** A browser for the tests of a file. open is a page at url; visit runs fn with one, and fails when it had a problem of its own. */
export function useBrowser() {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());
  return {
    browser: () => browser,
    open: (url, options) => openPage(browser, url, options),
    async visit(url, fn, options) {
      const { page, problems, clean, close } = await openPage(browser, url, options);
      try {
        await fn(page, problems);
        clean();
      } finally {
        await close();
      }
    },
  };
}
