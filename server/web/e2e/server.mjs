// The real server, on a port of its own, with a data directory of its own.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const module = fileURLToPath(new URL("../../", import.meta.url));
const startWithin = 30_000;

let built;

/** CLEW_BIN, or a binary that is built once and removed when the tests end. */
function binary() {
  if (process.env.CLEW_BIN) return process.env.CLEW_BIN;
  if (built) return built;
  const dir = mkdtempSync(join(tmpdir(), "clew-e2e-bin-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "clew");
  const go = spawnSync("go", ["build", "-o", path, "./cmd/clew"], { cwd: module, encoding: "utf8" });
  if (go.status !== 0) throw new Error(`go build: ${go.error?.message ?? go.stderr}`);
  return (built = path);
}

/** Starts clew on a free port; its url answers when this resolves. stop ends it and removes what it wrote. */
export async function startServer({ key = "" } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "clew-e2e-"));
  const bin = binary();
  const start = (listen) => run(bin, listen, join(dir, "data"), key);
  let running = await start("127.0.0.1:0");
  const { url } = running;
  return {
    url,
    halt: () => running.end(),
    async resume() {
      running = await start(new URL(url).host);
    },
    async stop() {
      await running.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function run(bin, listen, data, key) {
  const args = ["serve", "--listen", listen, "--listen-grpc", "off", "--data", data];
  const child = spawn(bin, args, {
    env: { ...process.env, CLEW_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`clew tells no address:\n${output}`)), startWithin);
    const read = (chunk) => {
      output += chunk;
      const found = /url=(http:\/\/127\.0\.0\.1:\d+)/.exec(output);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[1]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    void ended.then((code) => reject(new Error(`clew ended with ${code}:\n${output}`)));
  });
  return {
    url,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
